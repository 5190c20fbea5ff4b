"""Windows and the training loop: knows torch, knows no model and no pandas."""
