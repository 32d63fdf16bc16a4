#!/usr/bin/env python3
"""The recipe of the bundle srna-expression-forest: random forests for the heads of srna-expression, on the same view.

    train.py --data DATA --encode .../bin/ribonnx-encode --work WORK --out .

Rows, features and splits come from the recipe of srna-expression. `--smoke` runs all of it in tiny.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.ensemble import RandomForestClassifier
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "training"))
sys.path.insert(0, str(HERE.parent / "srna-expression"))

import data as D  # noqa: E402
from forests import FORESTS  # noqa: E402
from model import Standardise  # noqa: E402
from ribonnx_training import graphs, metrics, recipe  # noqa: E402
from ribonnx_training.layers import Softmax  # noqa: E402
from train import ASSIGNED, softmax, standardise, temperature  # noqa: E402

TOGETHER = 0.7  # correlation from which features are occluded as one group
LEAST = 1e-4  # probability that counts as 0


class Final(torch.nn.Module):
    """Votes of the forests, [B, labels] each, to calibrated probabilities per head; a tissue's votes are its cohorts'."""

    def __init__(self, tissue_of: np.ndarray, temperatures: dict[str, float]):
        super().__init__()
        one = torch.zeros(len(tissue_of), int(tissue_of.max()) + 1)
        one[torch.arange(len(tissue_of)), torch.from_numpy(tissue_of)] = 1
        self.register_buffer("to_tissue", one)
        self.temperatures, self.softmax = temperatures, Softmax()

    def forward(self, cohort: torch.Tensor, sex: torch.Tensor, age: torch.Tensor) -> tuple[torch.Tensor, ...]:
        votes = {"tissue": cohort @ self.to_tissue, "cohort": cohort, "sex": sex, "age": age}
        return tuple(self.softmax(torch.log(votes[h].clamp(min=LEAST)) / self.temperatures[h]) for h in D.HEADS)


def write_groups(z: np.ndarray, names: list[str], path: Path) -> int:
    """groups.tsv: features whose standardised log-CPM go together (average linkage, mean correlation of 0.7 and more).

    A forest that may choose among features that say the same shows nothing when one of them is taken away.
    """
    distance = 1 - np.corrcoef(z.T)
    np.fill_diagonal(distance, 0)
    member = fcluster(linkage(squareform(np.clip((distance + distance.T) / 2, 0, 2), checks=False), "average"), 1 - TOGETHER, "distance")
    level = z.mean(0)
    lines = ["feature\tgroup"]
    for g in np.unique(member):
        inside = sorted(np.flatnonzero(member == g), key=lambda k: (-level[k], k))
        label = "+".join(names[k] for k in inside[:3]) + (f"+{len(inside) - 3} more" if len(inside) > 3 else "")
        lines += [f"{names[k]}\t{label}" for k in inside]
    path.write_text("\n".join(lines) + "\n")
    return len(np.unique(member))


def thinned(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same forest without the votes of 0 that the converter writes for every class and leaf."""
    node = next(n for n in model.graph.node if n.op_type == "TreeEnsembleClassifier")
    fields = {a.name: a for a in node.attribute}
    kept = np.flatnonzero(np.array(fields["class_weights"].floats) != 0)
    for name in ("class_ids", "class_nodeids", "class_treeids"):
        values = np.array(fields[name].ints)[kept].tolist()
        del fields[name].ints[:]
        fields[name].ints.extend(values)
    weights = np.array(fields["class_weights"].floats, np.float32)[kept].tolist()
    del fields["class_weights"].floats[:]
    fields["class_weights"].floats.extend(weights)
    return model


def joined(scaler: Standardise, forests: dict[str, RandomForestClassifier], final: Final, example: np.ndarray, work: Path) -> onnx.ModelProto:
    """One graph: counts to z, z through every forest, votes to probabilities."""
    graphs.export(scaler, torch.from_numpy(example), work / "z.onnx", "counts", "z")
    whole = onnx.load(work / "z.onnx")
    domains = {o.domain: o.version for o in whole.opset_import}
    votes = []
    for head, forest in forests.items():
        part = convert_sklearn(forest, initial_types=[("z", FloatTensorType([None, example.shape[1]]))],
                               options={id(forest): {"zipmap": False}}, target_opset={"": domains[""], "ai.onnx.ml": 3})
        part.ir_version = whole.ir_version
        out = part.graph.output[1].name
        part = onnx.compose.add_prefix(thinned(part), f"{head}_")
        # `z` feeds every forest, so it stays an output until the last one has it
        whole = onnx.compose.merge_models(whole, part, io_map=[("z", f"{head}_z")], outputs=["z", *votes, f"{head}_{out}"])
        votes.append(f"{head}_{out}")
    rows = tuple(torch.from_numpy(forests[h].predict_proba(np.zeros((16, example.shape[1]), np.float32)).astype(np.float32)) for h in forests)
    graphs.export(final, rows, work / "final.onnx", [f"in_{h}" for h in forests], list(D.HEADS))
    last = onnx.load(work / "final.onnx")
    last = onnx.compose.add_prefix(last, "final_", rename_inputs=False, rename_outputs=False)
    last.ir_version = whole.ir_version
    whole = onnx.compose.merge_models(whole, last, io_map=[(v, f"in_{h}") for v, h in zip(votes, forests)], outputs=list(D.HEADS))
    return whole


def main() -> None:
    a = recipe.parser(__doc__, "srna-expression/").parse_args()
    for name in ("features.tsv", "aliases.tsv", "tissue.tsv", "cohort.tsv"):
        shutil.copy(HERE.parent / "srna-expression" / name, a.out / name)
    graphs.fill_digests(a.out)
    with recipe.log_in(a.work) as log:
        names = D.labels(a.data)
        rows = D.samples(a.data, a.encode, a.out, a.work)
        known = rows.usable & (rows.truth["cohort"] >= 0)
        train, val = known & (rows.split == "train"), known & (rows.split == "val")
        scaler = standardise(torch.from_numpy(rows.counts[train]))
        with torch.no_grad():
            z = scaler(torch.from_numpy(rows.counts)).numpy()
        features = (a.out / "features.tsv").read_text().split("\n")[1:-1]
        log(f"{write_groups(z[train], features, a.out / 'groups.tsv')} groups of {len(features)} features")
        forests, votes = {}, {}
        for head, settings in FORESTS.items():
            start, pick = time.time(), train & (rows.truth[head] >= 0)
            if a.smoke:
                settings = {**settings, "n_estimators": 4}
            forest = RandomForestClassifier(**settings, random_state=a.seed, n_jobs=a.threads).fit(z[pick], rows.truth[head][pick])
            forests[head], votes[head] = forest, forest.predict_proba(z[val])
            log(f"{head}: {time.time() - start:.0f} s, {sum(t.tree_.n_leaves for t in forest.estimators_)} leaves")
        tissue_of = D.tissue_of(a.data)
        votes["tissue"] = votes["cohort"] @ np.eye(len(names["tissue"]))[tissue_of]
        truth = {h: rows.truth[h][val] for h in D.HEADS}
        logs = {h: np.log(np.maximum(votes[h], LEAST)) for h in D.HEADS}
        heats = {h: temperature(logs[h], truth[h]) for h in D.HEADS}
        for head in D.HEADS:
            p, there = softmax(logs[head], heats[head]), truth[head] >= 0
            right = p.argmax(1) == truth[head]
            log(f"val, {head}: accuracy {right[there].mean():.4f}, temperature {heats[head]:.2f}, "
                f"calibration error {metrics.calibration_error(p.max(1)[there], right[there]):.4f}")
            if head in ("tissue", "cohort"):
                at = np.floor(metrics.threshold_at_recall(p.max(1), ASSIGNED) * 1000) / 1000
                kept = p.max(1) >= at
                log(f"  threshold {at:g} assigns {kept.mean():.4f}, {right[kept].mean():.4f} of them rightly")
                recipe.fill_threshold(a.out, head, at, {
                    "rows": "val", "true-positive-rate": float(kept[right].mean()), "false-positive-rate": float(kept[~right].mean()),
                    "auroc": metrics.auroc(p.max(1)[right], p.max(1)[~right]), "temperature": heats[head]})
        some = rows.counts[val][:48].copy()
        some[::3, :40] = np.nan
        whole = joined(scaler, forests, Final(tissue_of, heats), some, a.work)
        graphs.clean(whole)
        onnx.checker.check_model(whole, full_check=True)
        onnx.save(whole, a.out / "classify.onnx")
        with torch.no_grad():
            here = scaler(torch.from_numpy(some)).numpy()
            right = Final(tissue_of, heats)(*(torch.from_numpy(forests[h].predict_proba(here).astype(np.float32)) for h in forests))
        proof = graphs.prove(a.out / "classify.onnx", {"counts": some}, {h: r.numpy() for h, r in zip(D.HEADS, right)})
        log(f"classify.onnx: {proof.bytes:,} bytes, {proof.difference:.1e} from scikit-learn")
        graphs.fill_digests(a.out)


if __name__ == "__main__":
    main()
