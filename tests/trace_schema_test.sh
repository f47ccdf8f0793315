#!/bin/sh
# The JSON Schema accepts every valid sample, every lesson and what the program itself writes, and refuses what it should.
# Needs python3-jsonschema; without it this test is skipped (exit 77).
# Use: trace_schema_test.sh SOURCE_DIR
set -eu
source_dir=$1
python=python3
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
    python=$candidate
    found=yes
    break
  fi
done
if [ -z "${found-}" ]; then
  echo "skipped: python3-jsonschema is not installed (Debian and Ubuntu: apt install python3-jsonschema)"
  exit 77
fi
exec "$python" - "$source_dir" <<'PYTHON'
import glob, json, sys, jsonschema
root = sys.argv[1]
schema = json.load(open(root + "/core/trace/schema.json", encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
faults = checked = 0
def expect(valid, text, name):
    global faults, checked
    checked += 1
    errors = list(validator.iter_errors(json.loads(text)))
    if valid == (not errors):
        return
    faults += 1
    print(name, "is refused: " + errors[0].message[:200] if valid else "is accepted, and should not be", text[:200], sep=": ")
for kind, valid in (("valid", True), ("refused", False), ("refused_by_meaning", True)):
    for number, line in enumerate(open(f"{root}/tests/data/trace/{kind}.jsonl", encoding="utf-8"), 1):
        expect(valid, line, f"{kind}.jsonl, line {number}")
lessons = sorted(glob.glob(root + "/scenarios/*.json"))
for path in lessons + sorted(glob.glob(root + "/tests/data/placement/*.json")):
    expect(True, open(path, encoding="utf-8").read(), path)
print(f"{checked} documents, {len(lessons)} of them lessons; {faults} faults")
sys.exit(1 if faults or not lessons else 0)
PYTHON
