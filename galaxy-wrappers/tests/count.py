"""Compare the tests that ran with those that the tools' XML holds.

Galaxy only logs it when it cannot load a tool, and galaxy-tool-test then runs fewer tests and passes: such tests count as failed.
Arguments: the folder of the wrappers, the results of galaxy-tool-test (JSON), the file to add a line for each test to.
"""

import json
import os
import sys

from galaxy.tool_util.parser import get_tool_source
from galaxy.util import parse_xml


def expected(wrappers):
    """Give (tool id, index) of every test in the XML files below a folder."""
    found = set()
    for folder, dirs, names in os.walk(wrappers):
        dirs[:] = [d for d in dirs if d not in ("test-data", ".git")]
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".xml") and parse_xml(path).getroot().tag == "tool":
                source = get_tool_source(path)
                count = len(source.parse_tests_to_dict()["tests"])
                if not count:
                    found.add((source.parse_id(), -1))  # a tool without a test is never run: failed
                found.update((source.parse_id(), i) for i in range(count))
    return found


def main(wrappers, results, lines):
    tests = []
    if os.path.exists(results):
        with open(results) as f:
            tests = json.load(f)["tests"]
    want = expected(wrappers)
    with open(lines, "a") as out:

        def tell(kind, what):
            print(kind, what, flush=True)
            out.write("%s %s\n" % (kind, what))

        seen = set()
        for test in tests:
            data = test["data"]
            key = (data["tool_id"], int(data["test_index"]))
            seen.add(key)
            kind = {"success": "passed", "skip": "skipped"}.get(data["status"], "failed")
            tell(kind, "%s, test %d (%.1f s)" % (*key, data.get("time_seconds") or 0))
            if kind != "failed":
                continue
            problems = data.get("output_problems") or [data.get("execution_problem") or data.get("dynamic_tool_problem") or "?"]
            job = data.get("job") or {}
            problems += ["%s: %s" % (k, job[k]) for k in ("command_line", "exit_code", "stdout", "stderr") if job.get(k) not in (None, "")]
            for text in problems:
                print("    " + str(text).strip()[-1500:].replace("\n", "\n    "))
        for tool, index in sorted(want - seen):
            tell("failed", "%s, test %d: never run (did the server load the tool?)" % (tool, index))
        if not want:
            tell("failed", "no test in any tool")


if __name__ == "__main__":
    main(*sys.argv[1:])
