import sys

from embudo.project.main import main

if __name__ == "__main__":
    sys.exit(main())
