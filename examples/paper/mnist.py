"""Table I and both figures of the multi-scale autoencoder paper, on MNIST; resumable.

The paper compares a plain autoencoder of latent size 64 with a multi-scale one of latent size
64 + 64. The third model, plain with latent size 128, tells what the size alone does. ``--hidden``
and ``--epochs`` look for the sizes that reach the paper's figures.

::

    python -m examples.paper.mnist
    python -m examples.paper.mnist --hidden 512 --seeds 0

The paper trains for 20 epochs in batches of 64 with Adam at 0.001 on images in [0, 1]. Its listing
cannot run as printed: it cuts ``x.size(0) // 2`` columns, half the batch, for a layer of 392.
"""

from __future__ import annotations

import json
import statistics
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np

from examples.command_line import add_data_argument, positive, script_parser
from examples.paper.results import ResultTable, versions_text
from examples.paths import RESULTS
from skscale.representation import MultiScaleAutoencoder

KEYS = ("model", "hidden", "epochs", "seed")
VALUES = ("test_mse", "parameters", "cpu_seconds", "losses", "versions")
MODELS = {
    "single scale, latent 64": {"scales": (1.0,), "latent_size": 64},
    "multi-scale, latent 64 + 64": {"scales": (0.5, 1.0), "latent_size": 64},
    "single scale, latent 128": {"scales": (1.0,), "latent_size": 128},
}
PAPER = {"single scale, latent 64": 0.004253, "multi-scale, latent 64 + 64": 0.003482}
N_SHOWN = 8


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Training and test images, (n_images, 784), float32 in [0, 1]."""
    with np.load(folder / "mnist" / "mnist.npz") as file:
        parts = [file[name] for name in ("x_train", "x_test")]
    train, test = (part.reshape(len(part), -1).astype(np.float32) / 255 for part in parts)
    return train, test


def paper_model(name: str, hidden: int, epochs: int, seed: int) -> MultiScaleAutoencoder:
    """The model of a row of the table, trained as in the paper."""
    return MultiScaleAutoencoder(
        **MODELS[name],
        view="first",
        decoding="joint",
        hidden_size=hidden,
        standardize=False,
        max_epochs=epochs,
        batch_size=64,
        learning_rate=1e-3,
        lr_schedule="constant",
        gradient_clip=0.0,
        validation_fraction=0.0,
        device="cpu",
        random_state=seed,
    )


def run(key: dict[str, object], data: tuple[np.ndarray, np.ndarray], out: Path) -> dict:
    """Train one model with one seed; the `VALUES` of its row."""
    train, test = data
    started = process_time()
    model = paper_model(key["model"], key["hidden"], key["epochs"], key["seed"]).fit(train)
    seconds = process_time() - started
    if key["seed"] == 0 and key["hidden"] == 256:
        np.save(_shown(out, key["model"]), _as_bytes(model.reconstruct(test[:N_SHOWN])))
    return {
        "test_mse": f"{-model.score(test):.6f}",
        "parameters": sum(p.numel() for p in model.network_.parameters()),
        "cpu_seconds": f"{seconds:.0f}",
        "losses": json.dumps([round(loss, 6) for loss in model.history_["train_loss"]]),
        "versions": versions_text(),
    }


def draw(rows: list[dict], test: np.ndarray, out: Path) -> None:
    """Both figures, from the runs of seed 0 with the paper's sizes."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(5, 3.5), layout="constrained")
    for row in rows:
        losses = json.loads(row["losses"])
        axis.plot(range(1, len(losses) + 1), losses, label=row["model"])
    axis.set(xlabel="epoch", ylabel="training MSE", yscale="log")
    axis.legend()
    figure.savefig(out / "figure_1_training_loss.png", dpi=100)
    images = {"input": _as_bytes(test[:N_SHOWN])}
    images |= {row["model"]: np.load(_shown(out, row["model"])) for row in rows}
    figure, axes = plt.subplots(len(images), N_SHOWN, figsize=(8, 4.6), layout="constrained")
    for (name, shown), line in zip(images.items(), axes, strict=True):
        line[0].set_title(name, loc="left", fontsize=9)
        for image, axis in zip(shown, line, strict=True):
            axis.imshow(image.reshape(28, 28), cmap="gray", vmin=0, vmax=255)
            axis.axis("off")
    figure.savefig(out / "figure_2_reconstructions.png", dpi=100)


def _as_bytes(images: np.ndarray) -> np.ndarray:
    return (255 * images.clip(0, 1)).round().astype(np.uint8)


def _shown(out: Path, model: str) -> Path:
    return out / f"{model.replace(',', '').replace(' ', '_')}.npy"


def main() -> None:
    """Run what is missing, print the table, draw the figures."""
    parser = script_parser(__doc__)
    parser.add_argument("--hidden", type=positive, default=256, help="hidden units")
    parser.add_argument("--epochs", type=positive, default=20, help="epochs of training")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="a run each")
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, default=RESULTS / "mnist", help="folder of the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    table, data = ResultTable(args.out / "runs.csv", KEYS, VALUES), load(args.data)
    for seed in args.seeds:
        for model in MODELS:
            key = dict(zip(KEYS, (model, args.hidden, args.epochs, seed), strict=True))
            table.row(key, partial(run, key, data, args.out))
    sizes = {"hidden": str(args.hidden), "epochs": str(args.epochs)}
    rows = [row for row in table.rows() if {name: row[name] for name in sizes} == sizes]
    print(f"{'model':<30}{'parameters':>11}{'test MSE':>10}{'spread':>10}{'paper':>10}")
    for model in MODELS:
        own = [row for row in rows if row["model"] == model]
        found = [float(row["test_mse"]) for row in own]
        print(
            f"{model:<30}{own[0]['parameters']:>11}{statistics.mean(found):>10.6f}"
            f"{statistics.pstdev(found):>10.6f}{PAPER.get(model, ''):>10}"
        )
    if sizes == {"hidden": "256", "epochs": "20"}:
        draw([row for row in rows if row["seed"] == "0"], data[1], args.out)


if __name__ == "__main__":
    main()
