"""One declaration for a command line, an agent tool, a form and a job.

The public names are loaded when they are first used, so that importing the
package costs next to nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .entry import load_spec, parse, register_type
    from .errors import CallError, RunspecError, SpecError
    from .resolve.result import Args, Value

__version__ = "0.1.0"

_HOMES = {
    "Args": "resolve.result",
    "CallError": "errors",
    "RunspecError": "errors",
    "SpecError": "errors",
    "Value": "resolve.result",
    "load_spec": "entry",
    "parse": "entry",
    "register_type": "entry",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'runspec' has no attribute {name!r}")
    module = __import__(f"runspec.{home}", fromlist=(name,))
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
