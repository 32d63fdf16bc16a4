"""Jobs on the running server that a tool's own test cannot hold: a model that the data manager installs, TPV, a GPU that is not there.

Arguments: models or tpv, the file to add a line for each check to. GALAXY_URL, GALAXY_ADMIN_KEY and RIBONNX_HOME are in the environment.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

import requests

TESTS = Path(__file__).resolve().parent
DATA = TESTS.parent / "test-data"
ROOT = TESTS.parent.parent
HOME = Path(os.environ["RIBONNX_HOME"])
MODELS = ROOT / "models"
INSTALLED = {"have|kind": "sequences", "have|source|from": "installed"}


class Galaxy:
    """What a user does, by the server's API."""

    def __init__(self):
        self.url = os.environ["GALAXY_URL"]
        self.key = os.environ["GALAXY_ADMIN_KEY"]
        # Only an administrator installs models and sees where a job ran.
        mail = "test@bx.psu.edu"
        users = [u for u in self.get("users", f_email=mail) if u["email"] == mail]
        user = users[0] if users else self.post("users", {"username": "jobs", "email": mail, "password": self.key})
        self.key = self.post("users/%s/api_key" % user["id"], None)
        self.history = self.post("histories", {"name": "jobs"})["id"]

    def get(self, path, **params):
        return self._json(requests.get(self.url + "/api/" + path, params=params, headers={"x-api-key": self.key}, timeout=60))

    def post(self, path, body):
        return self._json(requests.post(self.url + "/api/" + path, json=body, headers={"x-api-key": self.key}, timeout=60))

    @staticmethod
    def _json(answer):
        if not answer.ok:
            raise AssertionError("%s: %s" % (answer.url, answer.text[:1000]))
        return answer.json()

    def bytes(self, dataset, **params):
        answer = requests.get(
            "%s/api/datasets/%s/display" % (self.url, dataset), params=params, headers={"x-api-key": self.key}, timeout=60
        )
        answer.raise_for_status()
        return answer.content

    def job(self, made):
        for _ in range(300):
            job = self.get("jobs/" + made["id"], full="true")
            if job["state"] in ("ok", "error"):
                return job
            time.sleep(1)
        raise AssertionError("the job of %s did not end in 300 s" % made["tool_id"])

    def upload(self, path, kind):
        request = {"src": "files", "ext": kind, "name": path.name}
        fetch = {"history_id": self.history, "targets": '[{"destination": {"type": "hdas"}, "elements": [%s]}]' % str(request).replace("'", '"')}
        with open(path, "rb") as f:
            made = self._json(
                requests.post(
                    self.url + "/api/tools/fetch",
                    data=fetch,
                    files={"files_0|file_data": f},
                    headers={"x-api-key": self.key},
                    timeout=120,
                )
            )
        job = self.job(made["jobs"][0])
        assert job["state"] == "ok", job
        return {"src": "hda", "id": made["outputs"][0]["id"]}

    def run(self, tool, **inputs):
        return self.post("tools", {"history_id": self.history, "tool_id": tool, "inputs": inputs})

    def ran(self, tool, **inputs):
        """Run a tool that makes one job, and give its job and its outputs by name."""
        made = self.run(tool, **inputs)
        (one,) = made["jobs"]
        return self.job(one), {o["output_name"]: o["id"] for o in made["outputs"]}


def good(job):
    assert job["state"] == "ok" and job["exit_code"] == 0, (job["state"], job["exit_code"], job["tool_stderr"])


def failed(job, code, text):
    assert job["state"] == "error" and job["exit_code"] == code, (job["state"], job["exit_code"], job["tool_stderr"])
    assert text in job["tool_stderr"], job["tool_stderr"]


def expected(work, *arguments, model="mirna-family"):
    """The predictions that the command line writes."""
    subprocess.run(
        [HOME / "bin" / "ribonnx", "predict", "--quiet", "--model", MODELS / model, "--outdir", work / "expected", *arguments],
        check=True,
        capture_output=True,
    )
    return (work / "expected" / "predictions.tsv").read_bytes()


def drawn(galaxy, report, least):
    """Galaxy resolves each directive of a report, and each picture that one names is a PNG of the report's own."""
    text = galaxy.get("datasets/%s/report" % report)["content"]
    blocks = re.findall(r"```galaxy\n(.*?)\n```", text, re.S)
    assert len(blocks) >= least and len(set(blocks)) == len(blocks), blocks
    for block in blocks:
        named = re.fullmatch(r'history_dataset_as_image\(history_dataset_id=(\w+), path="([a-z0-9-]+\.png)"\)', block)
        assert named and named.group(1) == report, block
        picture = galaxy.bytes(report, filename=named.group(2))
        assert picture.startswith(b"\x89PNG\r\n"), (named.group(2), picture[:80])


def models(galaxy, check):
    """The real models: installed once from a zip, then used on a sample, on a list, on a table, and for reports."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)

        def zipped(model):
            path = work / (model + ".zip")
            subprocess.run([HOME / "bin" / "ribonnx", "model", "pack", MODELS / model, "--output", path], check=True, capture_output=True)
            return {"source|from": "history", "source|bundle": galaxy.upload(path, "zip")}

        source = zipped("mirna-family")
        value = {}

        def rows(model="mirna-family"):
            return [row for row in galaxy.get("tool_data/ribonnx_models")["fields"] if re.fullmatch(model + r"-[0-9.]+", row[0])]

        def install():
            job, _ = galaxy.ran("data_manager_ribonnx_models", **source)
            good(job)
            (row,) = rows()
            value["model"] = row[0]
            assert Path(row[-1], "model.yaml").is_file(), row
            assert row[3:5] == ["sequences", "family"], row

        def again():
            before = rows()
            job, _ = galaxy.ran("data_manager_ribonnx_models", **source)
            good(job)
            assert "installed already, with the same content" in job["tool_stdout"], job["tool_stdout"]
            assert rows() == before and len(before) == 1, rows()

        def one():
            reads, truth = ROOT / "test-data" / "hairpins.fa", ROOT / "test-data" / "truth.tsv"
            inputs = dict(INSTALLED, truth=galaxy.upload(truth, "tabular"), extra_outputs=["metrics", "pictures"])
            inputs.update({"have|input": galaxy.upload(reads, "fasta"), "have|source|model": value["model"]})
            job, outputs = galaxy.ran("ribonnx_predict", **inputs)
            good(job)
            assert galaxy.bytes(outputs["predictions"]) == expected(work, "--truth", truth, reads)
            drawn(galaxy, outputs["report_md"], 9)
            value["predictions"] = outputs["predictions"]

        def single_report():
            job, outputs = galaxy.ran(
                "ribonnx_report",
                **{
                    "samples|number": "one",
                    "samples|predictions": {"src": "hda", "id": value["predictions"]},
                    "source|from": "installed",
                    "source|model": value["model"],
                },
            )
            good(job)
            drawn(galaxy, outputs["report_md"], 2)

        def several():
            names = {"liver 1": ("hairpins.fa", "fasta"), "edge": ("more-1.fa.gz", "fasta.gz")}
            elements = [dict(galaxy.upload(ROOT / "test-data" / path, kind), name=n) for n, (path, kind) in names.items()]
            made = galaxy.post(
                "dataset_collections",
                {"history_id": galaxy.history, "collection_type": "list", "name": "samples", "element_identifiers": elements},
            )
            inputs = dict(INSTALLED, **{"have|source|model": value["model"]})
            inputs["have|input"] = {"batch": True, "values": [{"src": "hdca", "id": made["id"]}]}
            run = galaxy.run("ribonnx_predict", **inputs)
            assert len(run["jobs"]) == len(names), run["jobs"]
            for job in run["jobs"]:
                good(galaxy.job(job))
            lists = {c["output_name"]: c["id"] for c in run["implicit_collections"]}
            found = {
                e["element_identifier"]: e["object"]["id"]
                for e in galaxy.get("dataset_collections/" + lists["predictions"], instance_type="history")["elements"]
            }
            assert list(found) == list(names), found
            for name, (path, _) in names.items():
                assert galaxy.bytes(found[name]) == expected(work, ROOT / "test-data" / path), name
            for element in galaxy.get("dataset_collections/" + lists["report_md"], instance_type="history")["elements"]:
                drawn(galaxy, element["object"]["id"], 2)
            job, outputs = galaxy.ran(
                "ribonnx_report",
                **{
                    "samples|number": "several",
                    "samples|predictions": {"src": "hdca", "id": lists["predictions"]},
                    "source|from": "installed",
                    "source|model": value["model"],
                },
            )
            good(job)
            drawn(galaxy, outputs["report_md"], 3)
            page = galaxy.bytes(outputs["report"], raw="true").decode()
            assert "liver_1" in page and "edge" in page

        def table():
            job, _ = galaxy.ran("data_manager_ribonnx_models", **zipped("srna-expression"))
            good(job)
            (row,) = rows("srna-expression")
            assert row[3:5] == ["table", "tissue,cohort,sex,age"], row
            counts = MODELS / "srna-expression" / "test" / "mature.tsv"
            inputs = {"have|kind": "table", "have|source|from": "installed", "have|source|model": row[0]}
            inputs["have|input"] = galaxy.upload(counts, "tabular")
            job, outputs = galaxy.ran("ribonnx_predict", **inputs)
            good(job)
            assert galaxy.bytes(outputs["predictions"]) == expected(work, counts, model="srna-expression")
            drawn(galaxy, outputs["report_md"], 4)

        check("mirna-family: the data manager installs it", install)
        check("mirna-family: installing it again changes nothing", again)
        check("mirna-family: a sample, the bytes of the command line, every picture of the report is served", one)
        check("mirna-family: report on a table of predictions, its pictures", single_report)
        check("mirna-family: a list, a result per sample under its name, one report on all", several)
        check("srna-expression: installed, a table of mature microRNAs, the bytes of the command line", table)


def tpv(galaxy, check):
    """Jobs that go where tpv.yml sends them."""
    sample = galaxy.upload(DATA / "sample.fa", "fasta")
    inputs = dict(INSTALLED, **{"have|source|model": "smallest-1.0.0", "have|input": sample})

    def goes_through():
        job, outputs = galaxy.ran("ribonnx_predict", **inputs)
        good(job)
        assert galaxy.bytes(outputs["predictions"]) == (DATA / "predictions.tabular").read_bytes()
        told = {m["name"]: float(m["raw_value"]) for m in galaxy.get("jobs/%s/metrics" % job["id"]) if m["name"].startswith("galaxy_")}
        # What tpv.yml says of the tool; without it a job has one slot and no memory told.
        assert told.get("galaxy_slots") == 2 and told.get("galaxy_memory_mb") == 8192, told

    def no_gpu():
        features = galaxy.upload(DATA / "features.npz", "npz")
        job, _ = galaxy.ran(
            "ribonnx_embed", **{"input": features, "source|from": "installed", "source|model": "smallest-1.0.0"}
        )
        failed(job, 6, "CUDA was asked for and is not to be had")

    check("TPV: a job goes through, with the cores of tpv.yml", goes_through)
    if (HOME / "native" / "cuda").exists():
        check("TPV: exit 6 where the administrator asks for a GPU that is not there", None)
    else:
        check("TPV: exit 6 where the administrator asks for a GPU that is not there", no_gpu)


def main(part, lines):
    with open(lines, "a") as out:

        def check(name, test):
            start = time.time()
            try:
                if test:
                    test()
                kind = "passed" if test else "skipped"
            except Exception:
                kind = "failed"
                traceback.print_exc()
            text = "%s %s (%.1f s)" % (kind, name, time.time() - start)
            print(text, flush=True)
            out.write(text + "\n")

        try:
            {"models": models, "tpv": tpv}[part](Galaxy(), check)
        except Exception:
            traceback.print_exc()
            check(part, lambda: (_ for _ in ()).throw(AssertionError("could not begin")))


if __name__ == "__main__":
    main(*sys.argv[1:])
