"""What the settings of the networks in the papers' tables share."""

# The network alone, on every window of an epoch.
ALONE = {"linear_base": False, "steps_per_epoch": None, "gradient_clip": 0.0}
# The Sigma paper trains all networks that it compares with alike.
ONE_PROTOCOL = {
    "loss": "mse",
    "batch_size": 32,
    "max_epochs": 10,
    "patience": 3,
    "lr_schedule": "halving",
}
