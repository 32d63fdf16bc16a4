#!/usr/bin/env python3
"""The recipe of the bundle mirna-family: encode, train, calibrate on `val`, export.

    train.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Steps, not seconds, end the training, and every draw comes from a seeded generator. `--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import data as D  # noqa: E402
from model import SHARPER, Calibration, Classifier, Embedder, Head, folded  # noqa: E402
from ribonnx_training import graphs, metrics, recipe, tensors  # noqa: E402

OTHER = "other"
WRONG_SHARE = 0.005  # of wrong inputs in the calibration
LEVEL = 0.25  # how far the usual logits of the families are brought together
FLOOR = 0.015  # quantile of the best family's logit on `val`
RECALL = 0.96  # share of `val` hairpins that the threshold accepts


def arguments() -> argparse.Namespace:
    p = recipe.parser(__doc__, "mirna-family/ and rna-type/")
    p.add_argument("--steps", type=int, default=8000)
    p.add_argument("--width", type=int, default=256)
    p.add_argument("--motifs", type=int, default=256)
    p.add_argument("--channels", type=int, default=128)
    p.add_argument("--towers", type=int, default=1)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--decay", type=float, default=0.02)
    p.add_argument("--dropout", type=float, default=0.2)
    p.add_argument("--smoothing", type=float, default=0.0)
    p.add_argument("--placeholder", type=float, default=0.1, help="weight of the loss that puts `other` second")
    p.add_argument("--known", type=int, default=192, help="hairpins per step")
    p.add_argument("--wrong", type=int, default=80, help="wrong inputs per step")
    p.add_argument("--hold-out", type=int, default=0, help="every n-th family is kept out as a pseudo-novel one (development)")
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    return p.parse_args()


def prepare(a: argparse.Namespace) -> dict:
    """Encode hairpins and pools with the executable; everything later works on codes."""
    rng = np.random.default_rng(7)
    rows = D.hairpins(a.data)
    if a.smoke:
        rows = [r for k, r in enumerate(rows) if k % 40 == 0 or r.split == "train" and k % 8 == 0]
    families = sorted({r.target for r in rows if r.split == "train"})
    train = [r for r in rows if r.split == "train"]
    val = [r for r in rows if r.split == "val" and r.target in families]
    lengths = np.array([min(len(r.sequence), D.LENGTH) for r in train])
    far, far_val = D.one_strand(train, train), D.one_strand(val, train)
    part = {
        "train": [r.sequence for r in train],
        "val": [r.sequence for r in val],
        "shuffled": D.shuffles([r.sequence[:D.LENGTH] for r in train for _ in range(2)], rng),
        "turned": [D.reverse_complement(r.sequence) for r, f in zip(train, far) if f],
        "mrna": D.mrna_windows(a.data, "train", rng.choice(lengths, 1000 if a.smoke else 40000), rng),
        "simulated": D.simulated_hairpins(1000 if a.smoke else 30000, rng),
        "val-shuffled": D.shuffles([r.sequence[:D.LENGTH] for r in val], rng),
        "val-turned": [D.reverse_complement(r.sequence) for r, f in zip(val, far_val) if f],
        "val-mrna": D.mrna_windows(a.data, "val", rng.choice(lengths, min(len(val), 3000)), rng),
        "val-simulated": D.simulated_hairpins(min(len(val), 3000), rng),
    }
    codes = {n: tensors.encode(a.encode, a.out, s, a.work, n).views["hairpin"] for n, s in part.items()}
    place = {f: k for k, f in enumerate(families)}
    return {"families": families, "codes": codes, "train": np.array([place[r.target] for r in train]),
            "val": np.array([place[r.target] for r in val])}


def prepared(a: argparse.Namespace) -> dict:
    """`prepare`, kept in the work folder for further runs."""
    path = a.work / ("prepared-smoke.npz" if a.smoke else "prepared.npz")
    if not path.exists():
        p = prepare(a)
        np.savez(path, families=np.array(p["families"]), train=p["train"], val=p["val"],
                 **{f"codes.{n}": c for n, c in p["codes"].items()})
    with np.load(path) as f:
        return {"families": f["families"].tolist(), "train": f["train"], "val": f["val"],
                "codes": {n[6:]: f[n] for n in f.files if n.startswith("codes.")}}


class Task:
    """Training rows, pools and the draw of a batch."""

    def __init__(self, p: dict, a: argparse.Namespace):
        codes = p["codes"]
        n = len(p["families"])
        out = np.arange(n) % a.hold_out == 3 if a.hold_out else np.zeros(n, bool)
        self.keep = np.flatnonzero(~out)  # family index of each class
        new = np.full(n, -1)
        new[self.keep] = np.arange(len(self.keep))
        inside = ~out[p["train"]]
        self.codes, self.labels = codes["train"][inside], new[p["train"][inside]]
        inside = ~out[p["val"]]
        self.val_codes, self.val_labels = codes["val"][inside], new[p["val"][inside]]
        self.novel = np.concatenate([codes["train"][out[p["train"]]], codes["val"][out[p["val"]]]])
        self.pools = D.Pools(codes["shuffled"], codes["turned"], codes["mrna"], codes["simulated"])
        val_pools = D.Pools(codes["val-shuffled"], codes["val-turned"], codes["val-mrna"], codes["val-simulated"])
        rng = np.random.default_rng(11)
        kept = D.conservation(self.val_codes, self.val_labels)
        self.val_wrong = {k: D.wrong_inputs(k, 1500, self.val_codes, self.val_labels, kept, val_pools, rng) for k in D.KINDS}
        members = np.bincount(self.labels)
        self.members = members
        self.kept = D.conservation(self.codes, self.labels)
        weight = (members ** -0.5)[self.labels]  # classes drawn by the square root of their size
        self.weights = weight / weight.sum()
        self.classes = len(self.keep) + 1
        self.known, self.wrong = a.known, a.wrong
        self.order, self.at = None, 0

    def batch(self, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """uint8 codes [known + wrong, 200] and class indices; the last class is `other`."""
        pick = rng.choice(len(self.codes), self.known, p=self.weights)
        known = D.augment(D.drift(self.codes[pick], self.kept[pick], rng), rng)
        wrong = D.wrong_batch(self.wrong, self.codes, self.labels, self.kept, self.pools, rng)
        light = rng.random(len(wrong)) < 0.5
        wrong[light] = D.augment(wrong[light], rng)
        labels = np.concatenate([self.labels[pick], np.full(len(wrong), self.classes - 1)])
        return torch.from_numpy(np.concatenate([known, wrong])), torch.from_numpy(labels)


def loss_of(logits: torch.Tensor, labels: torch.Tensor, known: int, a: argparse.Namespace) -> torch.Tensor:
    """Cross-entropy, and for hairpins the cross-entropy of `other` with the own family taken away.

    logits: [N, towers, classes]. The second term makes `other` the runner-up: what lacks the last bit of evidence
    for its best family falls to `other`, not to the next family.
    """
    total = 0.0
    last = logits.shape[2] - 1
    for part in logits.unbind(1):
        total = total + nn.functional.cross_entropy(part, labels, label_smoothing=a.smoothing)
        if a.placeholder:
            masked = part[:known].scatter(1, labels[:known, None], -1e4)
            runner_up = nn.functional.cross_entropy(masked, torch.full((known,), last))
            total = total + a.placeholder * runner_up
    return total / logits.shape[1]


@torch.no_grad()
def logits_of(embedder: nn.Module, head: nn.Module, codes: np.ndarray) -> np.ndarray:
    """Logits [N, towers, classes] in evaluation mode."""
    embedder.eval(), head.eval()
    return np.concatenate([head(embedder(torch.from_numpy(codes[k:k + 512]))).numpy() for k in range(0, len(codes), 512)])


def probabilities(logits: np.ndarray, c: Calibration = Calibration()) -> np.ndarray:
    """What `Classifier` computes, from logits [N, towers, classes]; [N, classes]."""
    z = np.concatenate([logits, np.full((*logits.shape[:2], 1), c.floor)], 2)
    z[:, :, -2] -= c.offset
    z /= c.temperature
    softmax = lambda x: np.exp(x - x.max(2, keepdims=True)) / np.exp(x - x.max(2, keepdims=True)).sum(2, keepdims=True)
    p, won = softmax(z), softmax(SHARPER * z[:, :, :-1])[:, :, -1:]
    result = p[:, :, :-1].copy()
    result[:, :, :-1] += p[:, :, -1:] * (1 - won) / (result.shape[2] - 1)
    result[:, :, -1:] += p[:, :, -1:] * won
    return result.mean(1)


def judge(embedder: nn.Module, head: nn.Module, task: Task) -> dict:
    """Figures on `val` and on wrong inputs made from it."""
    p = probabilities(logits_of(embedder, head, task.val_codes))
    best, score = p.argmax(1), p[:, :-1].max(1)
    at = metrics.threshold_at_recall(score, 0.95)
    small = task.members[task.val_labels] < 60
    result = {"small": metrics.accuracy(task.val_labels[small], best[small]), "accuracy": metrics.accuracy(task.val_labels, best), "macro_f1": metrics.macro_f1(task.val_labels, best),
              "family_accuracy": metrics.accuracy(task.val_labels, p[:, :-1].argmax(1)),
              "other": float((best == p.shape[1] - 1).mean()), "threshold95": at}
    sets = dict(task.val_wrong)
    if len(task.novel):
        sets["novel"] = task.novel
    for name, codes in sets.items():
        s = probabilities(logits_of(embedder, head, codes))[:, :-1].max(1)
        result[name] = [round(metrics.auroc(score, s), 5), round(metrics.accepted(s, at), 5)]
    return result


def rate_share(step: int, steps: int) -> float:
    """Share of the full learning rate: 300 steps of warming up, a plateau, and the last 30 % falling to a hundredth."""
    return min(1.0, (step + 1) / 300, max(0.01, (steps - step) / (0.3 * steps)))


def train(task: Task, a: argparse.Namespace, log) -> tuple[Embedder, Head]:
    """AdamW; the result is the exponential mean of the weights."""
    torch.manual_seed(a.seed)
    rng = np.random.default_rng(a.seed)
    net = nn.ModuleList([Embedder(a.width, a.motifs, a.channels, towers=a.towers),
                         Head(a.width, task.classes, a.towers, a.dropout)]).to(memory_format=torch.channels_last)
    mean = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), a.rate, weight_decay=a.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_share(step, a.steps))
    checkpoint, first = a.work / "checkpoint.pt", 0
    if a.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        net.load_state_dict(state["net"]), mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.last_epoch = state["step"] - 1
        schedule.step()
        rng.bit_generator.state, first = state["rng"], state["step"]  # --steps may grow while the plateau lasts
        torch.set_rng_state(state["torch"])
    began = time.time()
    for step in range(first, a.steps):
        net.train()
        codes, labels = task.batch(rng)
        loss = loss_of(net[1](net[0](codes)), labels, task.known, a)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        keep = min(0.999, (step + 1) / (step + 20))
        with torch.no_grad():
            for m, n in zip(mean.state_dict().values(), net.state_dict().values()):
                m.lerp_(n, 1 - keep) if m.is_floating_point() else m.copy_(n)
        if (step + 1) % 100 == 0:
            log(f"step {step + 1} loss {loss.item():.4f} seconds {time.time() - began:.0f}")
        if (step + 1) % 500 == 0 or step + 1 == a.steps:
            torch.save({"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(),
                        "rng": rng.bit_generator.state, "step": step + 1,
                        "torch": torch.get_rng_state()}, checkpoint)
            log(json.dumps(judge(*mean, task)))
    mean.eval()
    return mean[0], mean[1]


def calibrate(known: np.ndarray, labels: np.ndarray, wrong: np.ndarray) -> Calibration:
    """Fit on logits [N, towers, classes] of `val` hairpins and of wrong inputs made from them.

    The offset of `other` has the least negative log-likelihood. Training shows as many wrong inputs as it takes to learn
    them; here one row in two hundred counts as one, or `other` would take the distant members of the families. The floor
    is a low quantile of the best family's logit: the higher, the better are unseen families told apart (seen with families
    held out), and the more hesitant are the probabilities; the temperature has the least calibration error with both.
    """
    from scipy.optimize import minimize

    def loss(c: Calibration) -> float:
        right = probabilities(known, c)[np.arange(len(labels)), labels]
        rejected = probabilities(wrong, c)[:, -1]
        return float(-(1 - WRONG_SHARE) * np.log(right + 1e-9).mean() - WRONG_SHARE * np.log(rejected + 1e-9).mean())

    x = minimize(lambda x: loss(Calibration(float(np.exp(x[0])), float(x[1]))), np.array([0.0, 1.0]),
                 method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-7}).x
    floor = float(np.quantile(known[:, :, :-1].max(2).mean(1), FLOOR))


    def error(temperature: float) -> float:
        p = probabilities(known, Calibration(temperature, float(x[1]), floor))
        return metrics.calibration_error(p.max(1), p.argmax(1) == labels)

    return Calibration(min(np.linspace(0.7, 1.5, 17).tolist(), key=error), float(x[1]), floor)


@torch.no_grad()
def level(embedder: Embedder, head: Head, task: Task) -> None:
    """Take a quarter of what a family's own logit is above the others' usual one from the family's bias.

    Tight families with high logits otherwise accept their neighbours, loose ones reject their members. The usual logit
    is the first quartile over (up to 60 of) a family's training rows.
    """
    rng = np.random.default_rng(13)
    pick = np.concatenate([rng.permutation(np.flatnonzero(task.labels == c))[:60] for c in range(task.classes - 1)])
    logits, labels = logits_of(embedder, head, task.codes[pick]), task.labels[pick]
    for k, part in enumerate(head.parts):
        own = logits[np.arange(len(pick)), k, labels]
        usual = np.array([np.quantile(own[labels == c], 0.25) for c in range(task.classes - 1)])
        part.bias[:-1] -= torch.from_numpy(LEVEL * (usual - usual.mean())).float()


def finish(embedder: Embedder, head: Head, task: Task, families: list[str], a: argparse.Namespace, log) -> None:
    """Calibrate on `val`, export, check, and fill the bundle's files."""
    level(embedder, head, task)
    known = logits_of(embedder, head, task.val_codes)
    wrong = np.concatenate([logits_of(embedder, head, codes) for codes in task.val_wrong.values()])
    calibration = calibrate(known, task.val_labels, wrong)
    log(str(calibration))
    p, q = probabilities(known, calibration), probabilities(wrong, calibration)
    score, false = p[:, :-1].max(1), q[:, :-1].max(1)
    log(f"val: accuracy {metrics.accuracy(task.val_labels, p.argmax(1)):.5f} "
        f"macro-F1 {metrics.macro_f1(task.val_labels, p.argmax(1)):.5f} "
        f"calibration error {metrics.calibration_error(p.max(1), p.argmax(1) == task.val_labels):.5f}")
    for recall in (0.95, 0.96, 0.97, 0.98, 0.99):
        at = metrics.threshold_at_recall(score, recall)
        log(f"val: recall {recall} threshold {at:.4f} wrong accepted {metrics.accepted(false, at):.5f}")
    at = np.floor(metrics.threshold_at_recall(score, RECALL) * 1000) / 1000
    example = torch.from_numpy(task.val_codes[:16])
    graphs.export(folded(embedder), example, a.out / "embed.onnx", "codes", "embedding", check=False)
    with torch.no_grad():
        rows = embedder.eval()(example)
    graphs.export(Classifier(head, calibration), rows, a.out / "classify.onnx", "embedding", "probabilities", check=False)
    embed, classify = graphs.session(a.out / "embed.onnx"), graphs.session(a.out / "classify.onnx")
    some = task.val_codes[:256]
    vectors = graphs.run(embed, some, 16, D.PAD)
    for name, sess, rows, fill in (("embed", embed, some, D.PAD), ("classify", classify, vectors, 0)):
        problems = graphs.check_graph(a.out / f"{name}.onnx")
        if problems or not graphs.batch_invariant(sess, rows, fill):
            raise SystemExit(f"{name}.onnx: {problems or 'bytes depend on the batch'}")
    ours = probabilities(logits_of(embedder, head, some), calibration)
    log(f"torch against ONNX: {np.abs(ours - graphs.run(classify, vectors)).max():.2e}")
    graphs.fill_digests(a.out)
    recipe.fill_threshold(a.out, "family", at, {
        "rows": "val", "negatives": "made from val", "true-positive-rate": metrics.accepted(score, at),
        "false-positive-rate": metrics.accepted(false, at), "auroc": metrics.auroc(score, false),
        "temperature": calibration.temperature, "other-offset": calibration.offset, "floor": calibration.floor})
    names = {r["family"]: r for r in D.table(a.data / "mirna-family" / "families.tsv")}
    with open(a.out / "labels.tsv", "w") as out:
        out.write("label\tname\tdescription\turl\n")
        for f in families:
            out.write(f"{f}\t{names[f]['name']}\t{names[f]['description']}\thttps://rfam.org/family/{f}\n")
        out.write(f"{OTHER}\tno known family\tRNA that is no hairpin of these families\t\n")


def main() -> None:
    a = arguments()
    if a.smoke:
        a.steps, a.known, a.wrong = 30, 48, 32
    torch.set_num_threads(a.threads)
    with recipe.log_in(a.work) as log:
        log(" ".join(f"{k}={v}" for k, v in vars(a).items() if not isinstance(v, Path)))
        p = prepared(a)
        task = Task(p, a)
        embedder, head = train(task, a, log)
        if not a.hold_out:
            finish(embedder, head, task, p["families"], a, log)


if __name__ == "__main__":
    main()
