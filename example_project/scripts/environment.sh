# What the scripts beside this one have in common.

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
project=$(dirname -- "$scripts")
root=$(dirname -- "$project")
python=$root/.venv/bin/python

# Tenants, unless the terminal says otherwise.
export ORG_FILES_POLICY="${ORG_FILES_POLICY:-organization}"

enter_project() {
    if [ ! -x "$python" ]; then
        echo "There is no environment yet. This makes one: $scripts/install" >&2
        exit 1
    fi
    # So that relative paths in variables mean the same wherever a script is called.
    cd -- "$project"
}
