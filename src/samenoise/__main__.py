"""``samenoise`` and ``python -m samenoise``."""

import signal

__all__ = ["main"]


def main() -> None:
    """The entry point of the process. Until there is more to be said, and after the last word, Ctrl-C just ends it."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    from samenoise.cli import main

    main()


if __name__ == "__main__":
    main()
