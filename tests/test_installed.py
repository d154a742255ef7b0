"""Which specs `runspec local` finds in a real environment (LOC)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from environments import DESCRIBED, Environment, names, wheel, write

GREET = "def main():\n    print('hello')\n"
LONG_AGO = 1_600_000_000


@pytest.fixture(scope="module")
def shared(make_environment: Callable[[], Environment]) -> Environment:
    return make_environment()


@pytest.fixture
def environment(shared: Environment) -> Iterator[Environment]:
    """An environment in which what a test installed is taken away again."""
    before = set(shared.site.glob("*.dist-info"))
    yield shared
    added = set(shared.site.glob("*.dist-info")) - before
    if added:
        shared.uninstall(*(info.name.partition("-")[0] for info in added))


def spec_of(*runnables: str) -> str:
    return "\n".join(f"[{name}]\n{DESCRIBED}" for name in runnables)


def local(environment: Environment, *argv: str) -> list[str]:
    return list(names(environment.run("local", "--format", "mcp", *argv)))


def age(*paths: Path) -> None:
    """Make files so old that no cache waits for them to settle."""
    for path in paths:
        os.utime(path, (LONG_AGO, LONG_AGO))


def package(folder: Path, name: str, *runnables: str, **options: dict[str, str]) -> str:
    files = {f"{name}/__init__.py": GREET, f"{name}/runspec.toml": spec_of(*runnables)}
    return wheel(folder, name, files, **options)


def test_an_empty_environment_says_how_to_begin(bare: Environment) -> None:
    done = bare.run("local")
    assert done.returncode == 0
    assert "runspec init" in done.stdout


def test_the_spec_of_the_command_itself_is_not_listed(bare: Environment) -> None:
    assert local(bare) == []


def test_the_spec_of_a_wheel_is_found(environment: Environment, tmp_path: Path) -> None:
    environment.install("--no-index", package(tmp_path, "tool_a", "alpha", "beta"))
    assert local(environment) == ["alpha", "beta"]


def test_a_spec_in_a_nested_package_is_found(
    environment: Environment, tmp_path: Path
) -> None:
    files = {"space/inner/__init__.py": "", "space/inner/runspec.toml": spec_of("deep")}
    environment.install("--no-index", wheel(tmp_path, "nested", files))
    assert local(environment) == ["deep"]


def test_a_package_that_is_installed_or_removed_later_is_noticed(
    environment: Environment, tmp_path: Path
) -> None:
    assert local(environment) == []
    environment.install("--no-index", package(tmp_path, "tool_a", "alpha"))
    assert local(environment) == ["alpha"]
    environment.uninstall("tool_a")
    assert local(environment) == []


def test_a_distribution_of_pythonpath_is_found(
    bare: Environment, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    built = package(tmp_path, "tool_a", "alpha")
    bare.install("--no-index", "--target", str(target), built)
    done = bare.run("local", "--format", "mcp", PYTHONPATH=str(target))
    assert names(done) == ["alpha"]


def test_distributions_of_the_current_directory_are_not_installed(
    bare: Environment, tmp_path: Path
) -> None:
    built = package(tmp_path, "tool_a", "alpha")
    bare.install("--no-index", "--target", str(tmp_path), built)
    argv = ["-m", "runspec", "local", "--format", "mcp"]
    assert names(bare.run(*argv, cwd=tmp_path, program="python")) == []


def test_a_distribution_without_a_record_is_found_by_its_top_level(
    environment: Environment, tmp_path: Path
) -> None:
    """As `setup.py develop` leaves it: an egg-info directory on `sys.path`."""
    write(
        tmp_path,
        {
            "src/old_tool/__init__.py": "",
            "src/old_tool/runspec.toml": spec_of("old"),
            "src/old.egg-info/PKG-INFO": "Name: old\nVersion: 3\n",
            "src/old.egg-info/top_level.txt": "old_tool\n",
        },
    )
    done = environment.run("local", "--format", "mcp", PYTHONPATH=str(tmp_path / "src"))
    assert names(done) == ["old"]


@pytest.mark.slow
def test_editable_installs_of_two_build_backends_are_found(
    environment: Environment, tmp_path: Path
) -> None:
    hatch = write(
        tmp_path / "hatch",
        {
            "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n'
            'build-backend = "hatchling.build"\n'
            '[project]\nname = "by-hatch"\nversion = "1"\n'
            '[tool.hatch.build.targets.wheel]\npackages = ["src/by_hatch"]\n',
            "src/by_hatch/__init__.py": "raise SystemExit('imported')",
            "src/by_hatch/runspec.toml": spec_of("hatched"),
        },
    )
    finder = write(
        tmp_path / "finder",
        {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools>=64"]\n'
            'build-backend = "setuptools.build_meta"\n'
            '[project]\nname = "by-finder"\nversion = "1"\n'
            '[tool.setuptools]\npackages = ["by_finder"]\n'
            'package-dir = {by_finder = "code"}\n',
            "code/__init__.py": "raise SystemExit('imported')",
            "code/runspec.toml": spec_of("found"),
            "tests/data/runspec.toml": spec_of("not-a-package"),
        },
    )
    environment.install("--editable", str(hatch), "--editable", str(finder))
    assert local(environment) == ["found", "hatched"]

    (finder / "code" / "runspec.toml").unlink()
    write(hatch, {"src/by_hatch/more/runspec.toml": spec_of("later")})
    assert sorted(local(environment)) == ["hatched", "later"]


@pytest.mark.parametrize(
    ("record", "url"),
    [
        ("", ""),
        ("\0/runspec.toml,,\n\ud800", ""),
        ('"a,b/runspec.toml",,\n"unclosed/runspec.toml', ""),
        ("../../../../etc/runspec.toml,,\n/etc/runspec.toml,,", "{"),
        ("x.pth,,\nmissing.pth,,", '{"dir_info": {"editable": true}}'),
    ],
)
def test_metadata_that_is_broken_is_passed_over(
    bare: Environment, tmp_path: Path, record: str, url: str
) -> None:
    info = write(
        tmp_path / "site" / "broken-1.dist-info",
        {
            "METADATA": "no header",
            "direct_url.json": url,
            "entry_points.txt": "[console_scripts\nx\n= =\n[]\n",
            "top_level.txt": "..\n\0\n/etc\n",
        },
    )
    (info / "RECORD").write_bytes(record.encode("utf-8", "surrogatepass"))
    (info.parent / "x.pth").write_bytes(b"\0\n/no/such\n\xff\nimport os\n.\n")
    done = bare.run("local", "--format", "mcp", PYTHONPATH=str(info.parent))
    assert (names(done), done.returncode, done.stderr) == ([], 0, "")


def test_of_two_that_declare_one_name_the_one_whose_program_it_is_is_listed(
    environment: Environment, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        scripts = {"deploy": f"{name}:main"}
        built = package(tmp_path, name, "deploy", f"only-{name}", scripts=scripts)
        environment.install("--no-index", built)
    done = environment.run("local")
    assert done.returncode == 0
    listed, _, faults = done.stdout.partition("warning[name-conflict]")
    assert "deploy" not in listed.partition("second 1.0")[0]
    assert "deploy" in listed.partition("second 1.0")[2]
    for name in ("first", "second"):
        assert str(environment.site / name / "runspec.toml") in faults

    done = environment.run("local", "--format", "mcp")
    assert done.returncode == 0
    assert names(done) == ["only-first", "deploy", "only-second"]
    assert "name-conflict" in done.stderr


def test_of_two_that_declare_one_name_without_a_program_neither_is_listed(
    environment: Environment, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        environment.install("--no-index", package(tmp_path, name, "deploy"))
    done = environment.run("local", "--format", "mcp")
    assert (names(done), done.returncode) == ([], 0)
    assert "name-conflict" in done.stderr
    done = environment.run("run", "deploy")
    assert done.returncode == 1
    assert "name-conflict" in done.stderr


def test_a_script_that_one_of_two_ships_decides(
    environment: Environment, tmp_path: Path
) -> None:
    programs = {"deploy": "#!/bin/sh\necho deployed\n"}
    environment.install(
        "--no-index",
        package(tmp_path, "first", "deploy", programs=programs),
        package(tmp_path, "second", "deploy"),
    )
    done = environment.run("local", "--format", "json")
    assert '"distribution": "first"' in done.stdout
    assert environment.run("run", "deploy").stdout == "deployed\n"


@pytest.fixture(scope="module")
def filled(
    make_environment: Callable[[], Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    """An environment with the one package `tool_a`."""
    environment = make_environment()
    folder = tmp_path_factory.mktemp("wheels")
    environment.install("--no-index", package(folder, "tool_a", "alpha"))
    return environment


class TestIndex:
    """The index of what is installed is a cache and nothing more (CMP-02)."""

    @pytest.fixture
    def indexed(self, filled: Environment) -> Environment:
        environment = filled
        spec = environment.site / "tool_a" / "runspec.toml"
        spec.write_text(spec_of("alpha"))
        age(environment.site, spec)
        for old in environment.cache.glob("installed-*"):
            old.unlink()
        assert local(environment) == ["alpha"]
        assert self.file(environment).stat().st_mode & 0o777 == 0o600
        return environment

    @staticmethod
    def file(environment: Environment) -> Path:
        (found,) = environment.cache.glob("installed-*")
        return found

    def test_cold_and_warm_output_are_the_same(self, indexed: Environment) -> None:
        for form in ("text", "json", "mcp", "openai", "anthropic"):
            warm = [indexed.run("local", "--format", form) for _ in range(2)]
            self.file(indexed).unlink()
            cold = indexed.run("local", "--format", form)
            assert warm[0].stdout == warm[1].stdout == cold.stdout

    def test_a_changed_spec_is_read_anew(self, indexed: Environment) -> None:
        spec = indexed.site / "tool_a" / "runspec.toml"
        spec.write_text(spec_of("gamma"))
        assert local(indexed) == ["gamma"]

    def test_a_removed_spec_is_an_error_of_that_file(
        self, indexed: Environment
    ) -> None:
        (indexed.site / "tool_a" / "runspec.toml").unlink()
        done = indexed.run("local", "--format", "mcp")
        assert (names(done), done.returncode) == ([], 1)
        assert "tool_a/runspec.toml" in done.stderr

    @pytest.mark.parametrize("content", [b"", b"x" * 4096])
    def test_one_that_is_spoilt_is_made_anew(
        self, indexed: Environment, content: bytes
    ) -> None:
        file = self.file(indexed)
        file.write_bytes(content)
        assert local(indexed) == ["alpha"]
        assert len(file.read_bytes()) > 100

    def test_a_flipped_bit_is_noticed(self, indexed: Environment) -> None:
        file = self.file(indexed)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0x10
        file.write_bytes(data)
        assert local(indexed) == ["alpha"]
        assert file.read_bytes() != data

    def test_one_that_others_can_write_is_not_trusted(
        self, indexed: Environment
    ) -> None:
        file = self.file(indexed)
        file.chmod(0o666)
        assert local(indexed) == ["alpha"]
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_link_in_its_place_is_not_followed(
        self, indexed: Environment, tmp_path: Path
    ) -> None:
        file = self.file(indexed)
        other = tmp_path / "other"
        other.write_bytes(file.read_bytes())
        file.unlink()
        file.symlink_to(other)
        assert local(indexed) == ["alpha"]
        assert not file.is_symlink()

    @pytest.mark.parametrize("home", ["/dev/null", "/proc", "relative", ""])
    def test_one_that_cannot_be_written_is_no_error(
        self, indexed: Environment, home: str
    ) -> None:
        variables = {"XDG_CACHE_HOME": home, "HOME": home}
        done = indexed.run("local", "--format", "mcp", **variables)
        assert (names(done), done.stderr) == (["alpha"], "")

    def test_many_at_once_with_a_cold_cache_all_list_the_same(
        self, indexed: Environment
    ) -> None:
        import subprocess

        self.file(indexed).unlink()
        argv = [str(indexed.bin / "runspec"), "local", "--format", "mcp"]
        started = [
            subprocess.Popen(
                argv, env=indexed.environ(), stdout=subprocess.PIPE, text=True
            )
            for _ in range(12)
        ]
        outputs = {process.communicate(timeout=300)[0] for process in started}
        assert len(outputs) == 1
        assert '"alpha"' in outputs.pop()
        assert [f.name for f in indexed.cache.iterdir() if f.suffix != ".bin"] == []
