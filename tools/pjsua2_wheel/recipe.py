"""Everything that decides what comes out of a build, and the key made of it.

Two builds with the same key give the same module, so the key is the name of the cache entry.
"""

import hashlib
import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError

PATCHES = Path(__file__).resolve().parent.parent / "pjsua2_patches"
PATCHED_VERSION = "2.17"  # the patches are written against this release

# Our compile-time choices. The reasons belong to a gateway with many lines and no screen.
CONFIG_SITE = """\
/* Written by tools/pjsua2. */
#define PJMEDIA_HAS_VIDEO 0                   /* telephones only */
#define PJ_HAS_IPV6 1                         /* off in the stock build */
#define PJSUA_MAX_CALLS 64                    /* 4 by default; a slot lingers 32 s after its call */
#define PJSUA_MAX_ACC 160                     /* one for each line and server, some trunks */
#define PJ_IOQUEUE_MAX_HANDLES 256            /* two sockets per call; below FD_SETSIZE */
#define PJMEDIA_HAS_RTCP_XR 1                 /* voice quality reports */
#define PJMEDIA_STREAM_ENABLE_XR 1
#define PJMEDIA_SND_DEFAULT_REC_LATENCY 40    /* ms; extra sound devices know no run-time setting */
#define PJMEDIA_SND_DEFAULT_PLAY_LATENCY 60
#define PJMEDIA_RTP_PT_TELEPHONE_EVENTS 101   /* the payload type that most trunks expect */
#define PJSIP_DONT_SWITCH_TO_TCP 0            /* above 1300 bytes by TCP, RFC 3261 18.1.1 */
"""

CONFIGURE = (
    "--disable-video",
    "--with-external-srtp",
    "--enable-libsamplerate",  # Debian's component has no third_party/resample
    "--disable-bcg729",
    "--disable-ffmpeg",
    "--disable-g7221-codec",
    "--disable-gsm-codec",
    "--disable-ilbc-codec",
    "--disable-libwebrtc",
    "--disable-libwebrtc-aec3",
    "--disable-libyuv",
    "--disable-opencore-amr",
    "--disable-openh264",
    "--disable-sdl",
    "--disable-silk",
    "--disable-speex-aec",  # with only the codec disabled the module does not import
    "--disable-speex-codec",
    "--disable-upnp",
    "--disable-v4l2",
)
HARDENING = "-fstack-protector-strong -D_FORTIFY_SOURCE=2"  # this code parses what strangers send
CFLAGS = f"-O2 -fPIC {HARDENING}"
NO_ASSERTS = "-DNDEBUG"
SWIG = ("-c++", "-w312", "-threads", "-python")
# 160 000 generated lines: -O1 takes half the time and memory of -O3, and nothing in them is hot.
WRAPPER = ("-O1", "-g0", "-fno-strict-aliasing")
LINK = ("-shared", "-s", "-Wl,-z,relro,-z,now")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that the wheel is for."""

    path: str
    version: str  # "3.11.2"
    tag: str  # "cp311"
    abi: str  # "cp311"
    platform: str  # "linux_x86_64"
    suffix: str  # ".cpython-311-x86_64-linux-gnu.so"
    include: str


_ASK = """
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "tag": "cp%d%d" % sys.version_info[:2],
    "soabi": sysconfig.get_config_var("SOABI") or "",
    "platform": sysconfig.get_platform().replace("-", "_").replace(".", "_"),
    "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
    "include": sysconfig.get_paths()["include"],
}))
"""


def interpreter(path: str) -> Interpreter:
    """Ask the Python at `path` what its extension modules must be like.

    Raises BuildError where it does not run, is no CPython, or is older than 3.11.
    """
    try:
        answer = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=True)
        about = json.loads(answer.stdout)
        version = tuple(int(part) for part in about["version"].split("."))
        soabi = about.pop("soabi").split("-")
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise BuildError(
            f"{path}: does not run as a Python; give --python PATH ({error})"
        ) from None
    if soabi[0] != "cpython" or version < (3, 11):
        raise BuildError(f"{path}: CPython 3.11 or newer is needed; give --python PATH")
    return Interpreter(path=path, abi=f"cp{soabi[1]}", **about)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to build: the key changes when anything in it does."""

    asserts: bool
    patches: tuple[Path, ...]

    @property
    def cflags(self) -> str:
        """Flags for C and C++ of the library; without asserts a broken rule is an error code."""
        return CFLAGS if self.asserts else f"{CFLAGS} {NO_ASSERTS}"

    def contents(self) -> dict[str, object]:
        """Everything but the source and the machine, ready for JSON."""
        return {
            "config_site": CONFIG_SITE,
            "configure": CONFIGURE,
            "cflags": self.cflags,
            "swig": SWIG,
            "wrapper": WRAPPER,
            "link": LINK,
            "patches": {patch.name: digest(patch.read_bytes()) for patch in self.patches},
        }


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def patches(directory: Path = PATCHES) -> tuple[Path, ...]:
    """The patches in the order of their names."""
    return tuple(sorted(directory.glob("*.patch")))


def distribution(os_release: Path = Path("/etc/os-release")) -> str:
    """Name of the system whose libraries the module is linked against, such as debian-12."""
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    about = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
    release = about.get("VERSION_ID") or about.get("VERSION_CODENAME", "rolling")
    return f"{about.get('ID', 'linux')}-{release}"


@dataclass(frozen=True, slots=True)
class Key:
    """What a cache entry is for."""

    source: str
    recipe: str
    python: str
    system: str

    @property
    def name(self) -> str:
        """Directory name of the entry."""
        return "-".join((self.source[:12], self.recipe[:12], self.python, self.system))

    @property
    def local_version(self) -> str:
        """Local part of the wheel's version: differs whenever source, recipe or system differ."""
        return f"derivato.r{digest(self.name.encode())[:8]}"


def key(*, source: str, recipe: Recipe, python: Interpreter, system: str | None = None) -> Key:
    """Key of the build of `source` (its SHA-256 or commit) by `recipe` for `python` here."""
    text = json.dumps(recipe.contents(), sort_keys=True)
    machine = f"{system or distribution()}-{platform.machine()}"
    return Key(source, digest(text.encode()), python.abi, machine)
