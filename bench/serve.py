"""One server process to be measured: ``python -m bench.serve ours|floor PORT``, on the database of DATABASE_URL.

Both run the way the product runs: same event loop, same HTTP parser, same options, one worker process.
"""

import sys

from app.main import create_app
from app.settings import Settings
from app.workers.supervisor import listen, serve
from bench.floor import Floor


def main() -> None:
    name, port = sys.argv[1], int(sys.argv[2])
    settings = Settings()
    app = create_app(settings) if name == "ours" else Floor(settings)
    serve(app, listen(settings.host, port), on_ready=lambda: print("ready", flush=True))


if __name__ == "__main__":
    main()
