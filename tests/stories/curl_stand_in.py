"""The little of curl the README uses, for machines without it: ``-sSf``, ``-H`` and ``-d``."""

import argparse
import sys
import urllib.error
import urllib.request


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("-sSf", action="store_true")
    options.add_argument("-H", dest="headers", action="append", default=[])
    options.add_argument("-d", dest="data", action="append", default=[])
    options.add_argument("url")
    chosen = options.parse_args()
    headers = dict(header.split(": ", 1) for header in chosen.headers)
    body = "&".join(chosen.data).encode() if chosen.data else None
    request = urllib.request.Request(chosen.url, body, headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            sys.stdout.buffer.write(answer.read())
    except urllib.error.HTTPError as refused:
        sys.stderr.write(f"curl: (22) {refused.code}\n")
        return 22
    return 0


if __name__ == "__main__":
    sys.exit(main())
