"""The Python that Hugging Face's side runs in: a virtual environment with the versions of packages.txt, made once."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "target"


def python(work=WORK):
    """Its interpreter. Other versions in packages.txt are another environment."""
    wanted = (HERE / "packages.txt").read_text()
    interpreter = work / "venv" / "bin" / "python"
    made = work / "venv" / "complete"
    if not made.exists() or made.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", work / "venv"], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "-q", "-r", HERE / "packages.txt"], check=True)
        made.write_text(wanted)
    return interpreter


def enter(work=WORK):
    """Goes on in that Python where this one has no transformers."""
    try:
        import transformers  # noqa: F401
    except ImportError:
        work.mkdir(parents=True, exist_ok=True)
        interpreter = python(work)
        if pathlib.Path(sys.prefix) == (work / "venv"):
            raise
        os.execv(interpreter, [interpreter, *sys.argv])
