"""`python -m load.sampled_worker FILE`: a worker as `tidegate worker` starts it, with a sampler inside."""

import sys
from pathlib import Path

from load.sampler import Sampler
from streams.cli import main

if __name__ == "__main__":
    Sampler(Path(sys.argv[1])).start()
    sys.argv = ["tidegate", "worker"]
    main()
