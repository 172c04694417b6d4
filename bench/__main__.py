"""`python -m bench [NAME [OPTION …]]`: run one measurement, or all of them one after the other."""

import subprocess
import sys

MEASUREMENTS = {
    "calls": "set-up times, delays, CPU and memory beside baresip and pjsua (4 minutes)",
    "capacity": "16 calls at once, thousands of short ones (6 minutes)",
    "drivers": "processor time of the line cards' drivers (40 seconds)",
    "stress": "a thousand random keys and flashes a second (10 minutes)",
    "echo": "the echo canceller beside SpeexDSP and SpanDSP",
    "callerid": "caller ID receivers beside SpanDSP, minimodem and multimon-ng",
}


def main(words: list[str]) -> int:
    """Run the measurement named, with its options."""
    name, options = (words[0], words[1:]) if words else ("", [])
    if name and name not in MEASUREMENTS:
        listed = "\n".join(f"  {name:10} {what}" for name, what in MEASUREMENTS.items())
        print(f"bench: no {name}; there are\n{listed}", file=sys.stderr)
        return 2
    failed = [each for each in ([name] if name else MEASUREMENTS) if not _passes(each, options)]
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def _passes(name: str, options: list[str]) -> bool:
    print(f"# {name}\n", flush=True)
    command = [sys.executable, "-m", f"bench.{name}", *options]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
