"""``python -m samenoise``."""

from samenoise.cli import main

if __name__ == "__main__":
    main()
