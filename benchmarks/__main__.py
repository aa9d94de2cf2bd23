"""python -m benchmarks [--quick] [--json] [--strict] [--plot FOLDER] [name ...]"""

import sys

from benchmarks.run import main

sys.exit(main())
