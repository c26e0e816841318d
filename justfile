# Conveniences; nothing depends on them.

# what there is
default:
    @just --list

# make .venv and add the lint tools
setup:
    python3 freehold version
    .venv/bin/python -m pip install --quiet --require-hashes -r requirements-lint.lock

# run the tests, or some: just test tests/core -k register
test *arguments:
    python3 freehold test {{arguments}}

# the main job
demo:
    python3 freehold demo

# style and types
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy

# put the code into the common form
format:
    .venv/bin/ruff format .
    .venv/bin/ruff check --fix .

# run one topic's measurements
bench topic:
    python3 freehold bench {{topic}}

# make both lock files again: just lock --upgrade
lock *arguments:
    .venv/bin/uv pip compile pyproject.toml --group test --universal --python-version 3.11 --generate-hashes -o requirements.lock {{arguments}}
    .venv/bin/uv pip compile --group lint --universal --python-version 3.11 --generate-hashes -c requirements.lock -o requirements-lint.lock {{arguments}}
    .venv/bin/uv pip compile --group parts --universal --python-version 3.11 --generate-hashes -c requirements.lock -o requirements-parts.lock {{arguments}}

# what is checked before a change lands
ci:
    bash .ci/run

# what takes hours: every planted fault, long random runs, many kills, one summary at the end
night times="20":
    bash .ci/night {{times}}
