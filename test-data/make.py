#!/usr/bin/env python3
"""Makes the files of this folder, from a seed and from the designed hairpins of the bundle mirna-family.

    python3 make.py            the sequences, with nothing but Python
    python3 make.py --bundle   also the graph of bundles/smallest (needs the package onnx)

No row here comes from a data base: the designed hairpins were climbed from random sequences, the others are simulated.
"""

import gzip
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
DESIGNED = HERE.parent / "models" / "mirna-family" / "test" / "input.fa"
PAIR = {"A": "U", "C": "G", "G": "C", "U": "A"}


def read_fasta(path):
    records = []
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            records.append([line[1:].split()[0], ""])
        else:
            records[-1][1] += line.strip()
    return records


def mutated(rng, sequence, count):
    letters = list(sequence)
    for place in rng.sample(range(len(letters)), count):
        letters[place] = rng.choice([base for base in "ACGU" if base != letters[place]])
    return "".join(letters)


def hairpin(rng):
    """A random stem with a few mismatches, and a loop."""
    stem = [rng.choice("ACGU") for _ in range(rng.randint(24, 38))]
    other = [PAIR[base] if rng.random() < 0.85 else rng.choice("ACGU") for base in reversed(stem)]
    loop = [rng.choice("ACGU") for _ in range(rng.randint(6, 14))]
    return "".join(stem + loop + other)


def write_fasta(path, records, width=60):
    text = []
    for name, sequence in records:
        text.append(f">{name}")
        text += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    path.write_text("\n".join(text) + "\n")


def sequences():
    rng = random.Random(20261121)
    designed = [record for record in read_fasta(DESIGNED) if record[0].startswith("climbed_RF")]
    known, truth = [], []
    for number in range(60):
        parent, sequence = designed[number % len(designed)]
        family = parent.split("_")[1]
        name = f"designed-{number + 1}"
        known.append((name, mutated(rng, sequence, rng.randint(0, 2))))
        truth.append((name, family))
    unknown = [(f"simulated-{number + 1}", hairpin(rng)) for number in range(30)]
    truth += [(name, "other") for name, _ in unknown]
    write_fasta(HERE / "hairpins.fa", known + unknown)
    rows = ["id\tfamily"] + [f"{name}\t{family}" for name, family in truth]
    (HERE / "truth.tsv").write_text("\n".join(rows) + "\n")

    # A second sample: the same ids for other records, over two files, one of them gzipped, one a table.
    others = [(name, hairpin(rng)) for name, _ in known[:20]]
    with open(HERE / "more-1.fa.gz", "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as out:
        out.write("".join(f">{name}\n{sequence}\n" for name, sequence in others).encode())
    rest = [(f"simulated-{number + 1}", hairpin(rng)) for number in range(10)]
    rows = ["id\tsequence"] + [f"{name}\t{sequence.replace('U', 'T').lower()}" for name, sequence in rest]
    (HERE / "more-2.tsv").write_text("\n".join(rows) + "\n")
    fastq = [f"@{name} 1:N:0\n{sequence}\n+\n{'I' * len(sequence)}\n" for name, sequence in rest[:5]]
    (HERE / "reads.fastq").write_text("".join(fastq))

    # What policies are for: ambiguous letters, too short, too long, nothing but N.
    edge = [
        ("ambiguous", known[0][1][:20] + "NNR" + known[0][1][23:]),
        ("short", "GACU"),
        ("long", known[0][1] * 4),
        ("unknown-bases", "N" * 60),
        ("lower-case", known[1][1].lower()),
        ("dna", known[1][1].replace("U", "T")),
    ]
    write_fasta(HERE / "edge.fa", edge)
    (HERE / "samplesheet.csv").write_text(
        "sample,input,truth\nfirst,hairpins.fa,truth.tsv\nsecond,more-1.fa.gz,\nsecond,more-2.tsv,\n"
    )


def bundle():
    """One view and one head: the share of each base decides between three labels."""
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    length = 40
    weights = numpy.array([[8, -4, -4], [-4, 8, -4], [-4, 8, -4], [8, -4, -4]], dtype=numpy.float32)
    constants = {
        "depth": numpy.array(8, dtype=numpy.int64),
        "values": numpy.array([0, 1], dtype=numpy.float32),
        "bases": numpy.array([0], dtype=numpy.int64),
        "four": numpy.array([4], dtype=numpy.int64),
        "last": numpy.array([1], dtype=numpy.int64),
        "ones": numpy.full((length,), 1 / length, dtype=numpy.float32).reshape(length, 1),
        "flat": numpy.array([0, 4], dtype=numpy.int64),
        "weights": weights,
        "bias": numpy.array([0, 0, 1.5], dtype=numpy.float32),
        "sum": numpy.ones((3, 1), dtype=numpy.float32),
    }
    nodes = [
        helper.make_node("Cast", ["codes"], ["numbers"], to=TensorProto.INT64),
        helper.make_node("OneHot", ["numbers", "depth", "values"], ["all"], axis=1),
        helper.make_node("Slice", ["all", "bases", "four", "last"], ["onehot"]),
        # A product with ones in place of a mean: its sums do not depend on the row's place in a batch.
        helper.make_node("MatMul", ["onehot", "ones"], ["shares3"]),
        helper.make_node("Reshape", ["shares3", "flat"], ["shares"]),
        helper.make_node("Gemm", ["shares", "weights", "bias"], ["logits"]),
        helper.make_node("Exp", ["logits"], ["raised"]),
        helper.make_node("MatMul", ["raised", "sum"], ["total"]),
        helper.make_node("Div", ["raised", "total"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "smallest",
        [helper.make_tensor_value_info("codes", TensorProto.UINT8, ["batch", length])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "bundles" / "smallest" / "head.onnx")


if __name__ == "__main__":
    sequences()
    if "--bundle" in sys.argv:
        bundle()
