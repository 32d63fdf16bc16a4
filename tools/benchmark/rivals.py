"""What a competent Python user writes instead: the rivals of tools/benchmark/run.

    python3 rivals.py predict MODEL INPUT OUTPUT [--scores FILE] [--threads N | --pool N]
    python3 rivals.py encode-numpy|encode-python INPUT OUTPUT

predict runs the same graphs and writes the same table: one session with N intra-op threads and batches of 256 (the
faster of what was tried), or a pool of N processes with a session of one thread each.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

LENGTH, PAD = 200, 5
TABLE = np.full(256, 4, dtype=np.uint8)
for code, letters in enumerate(("Aa", "Cc", "Gg", "UuTt")):
    for letter in letters:
        TABLE[ord(letter)] = code


def read_fasta(path):
    name, parts = None, []
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(b">"):
                if name is not None:
                    yield name, b"".join(parts)
                name, parts = line[1:].split(None, 1)[0], []
            else:
                parts.append(line.strip())
    if name is not None:
        yield name, b"".join(parts)


def batches(path, size):
    ids, rows = [], []
    for name, sequence in read_fasta(path):
        ids.append(name)
        rows.append(sequence[:LENGTH].ljust(LENGTH, b"\xff"))
        if len(ids) == size:
            yield ids, lookup(rows)
            ids, rows = [], []
    if ids:
        yield ids, lookup(rows)


def lookup(rows):
    """One joined look-up for a batch: the fast way in NumPy."""
    codes = TABLE_PAD[np.frombuffer(b"".join(rows), dtype=np.uint8)]
    return codes.reshape(len(rows), LENGTH)


TABLE_PAD = TABLE.copy()
TABLE_PAD[255] = PAD


class Model:
    def __init__(self, folder, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        start = lambda name: onnxruntime.InferenceSession(
            str(Path(folder) / name), options, providers=["CPUExecutionProvider"]
        )
        self.embed, self.classify = start("embed.onnx"), start("classify.onnx")
        rows = [line.split("\t") for line in (Path(folder) / "labels.tsv").read_text().splitlines()[1:]]
        self.labels = [row[0] for row in rows]
        self.names = [row[1] for row in rows]
        self.other = self.labels.index("other")
        for line in (Path(folder) / "model.yaml").read_text().splitlines():
            if "unassigned-when: below, at:" in line:
                self.threshold = float(line.split("at:")[1].split(",")[0])

    def rows(self, ids, codes, scores):
        embedding = self.embed.run(["embedding"], {"codes": codes})[0]
        p = self.classify.run(["probabilities"], {"embedding": embedding})[0]
        best = p.argmax(axis=1)
        known = np.delete(p, self.other, axis=1).max(axis=1)
        text = []
        for row, name in enumerate(ids):
            label = best[row]
            reasons = []
            if known[row] < self.threshold:
                reasons.append("below-threshold")
            if label == self.other:
                reasons.append("rejected-label")
            assigned = not reasons
            text.append(
                "%s\tfamily\t%s\t%.6g\t%s\t%s\t%s\tNA\t%s\n"
                % (
                    name.decode(), self.labels[label] if assigned else "NA", p[row, label],
                    "ok" if assigned else "unassigned", self.labels[label], self.names[label] or "NA",
                    ";".join(reasons) or "NA",
                )
            )
        table = ""
        if scores:
            form = "\t%.6g" * p.shape[1] + "\n"
            table = "".join(name.decode() + form % tuple(row) for name, row in zip(ids, p.tolist()))
        return "".join(text), table


HEADER = "id\thead\tprediction\tscore\tstatus\tbest\tname\tset\treason\n"
shared = {}


def start_worker(folder):
    shared["model"] = Model(folder, 1)


def work(job):
    return shared["model"].rows(*job)


def predict(arguments):
    scores = arguments.scores is not None
    jobs = ((ids, codes, scores) for ids, codes in batches(arguments.input, 256))
    with open(arguments.output, "w") as out, open(arguments.scores or os.devnull, "w") as table:
        out.write(HEADER)
        if scores:
            labels = Model(arguments.model, 1).labels
            table.write("id\t" + "\t".join(f"family.{label}" for label in labels) + "\n")
        if arguments.pool:
            import multiprocessing

            with multiprocessing.Pool(arguments.pool, start_worker, (arguments.model,)) as pool:
                for text, more in pool.imap(work, jobs):
                    out.write(text)
                    table.write(more)
        else:
            model = Model(arguments.model, arguments.threads)
            for job in jobs:
                text, more = model.rows(*job)
                out.write(text)
                table.write(more)


def encode_numpy(source, target):
    ids, rows = [], []
    for some, codes in batches(source, 4096):
        ids += some
        rows.append(codes)
    np.savez(target, ids=np.array(ids, dtype="S"), hairpin=np.concatenate(rows))


def encode_python(source, target):
    code = {letter: number for number, letters in enumerate(("Aa", "Cc", "Gg", "UuTt")) for letter in letters}
    ids, rows = [], []
    for name, sequence in read_fasta(source):
        codes = [code.get(letter, 4) for letter in sequence.decode()[:LENGTH]]
        rows.append(bytes(codes + [PAD] * (LENGTH - len(codes))))
        ids.append(name)
    np.savez(target, ids=np.array(ids, dtype="S"), hairpin=np.frombuffer(b"".join(rows), np.uint8).reshape(-1, LENGTH))


if __name__ == "__main__":
    if sys.argv[1] == "encode-numpy":
        encode_numpy(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "encode-python":
        encode_python(sys.argv[2], sys.argv[3])
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("command")
        parser.add_argument("model")
        parser.add_argument("input")
        parser.add_argument("output")
        parser.add_argument("--scores")
        parser.add_argument("--threads", type=int, default=2)
        parser.add_argument("--pool", type=int, default=0)
        predict(parser.parse_args())
