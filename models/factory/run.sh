#!/bin/sh
# Trains with what lies beside this file and nothing else, without a network. Run it again to go on.
#   sh run.sh --device cuda --minutes 20     what follows goes to `tidegate train`
#   sh run.sh parts open/run OUT             what ships, in files to be taken home
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
if [ ! -d open ]; then
    sha256sum --quiet -c parts.sha256
    cat part-* > whole.tar.xz
    rm -rf opening
    $python -m tarfile --filter data -e whole.tar.xz opening
    rm whole.tar.xz
    for wheel in opening/wheels/*.whl; do
        if [ -f "$wheel" ]; then $python -m zipfile -e "$wheel" opening/site; fi
    done
    mv opening open
fi
export PYTHONPATH="$PWD/open/code:$PWD/open/site${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=true
exec $python -m streams.cli train --config open/recipe.json --data open/data --base open/encoder --out open/run "$@"
