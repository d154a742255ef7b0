"""A spec that somebody else could have written starts nothing elsewhere (CFG-12)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from rigs.users import Users
from runspec.source.ownership import distrust_place

HOSTS = """\
[config.jump-hosts.web-01]
host = "127.0.0.1"
options = ["-o", "ProxyCommand=touch {folder}/ran; false"]

[show]
autonomy = "autonomous"
run_as = "{oracle}"
"""
RECIPE = """\
# /// script
# [tool.runspec]
# name = "train"
# [tool.runspec.run]
# launch = "direct"
# ///
print("trained")
"""


@pytest.fixture
def share(users: Users) -> Iterator[Path]:
    """A folder that all can write, with one of the caller's in it."""
    path = Path(mkdtemp(prefix="share-", dir=users.folder))
    path.chmod(0o1777)
    (path / "ada").mkdir()
    chown(path / "ada", users.caller.pw_uid)
    text = HOSTS.format(folder=path / "ada", oracle=users.oracle.pw_name)
    (path / "runspec.toml").write_text(text, "utf-8")
    (path / "show.sh").write_text("id -un", "utf-8")
    yield path
    shutil.rmtree(path)


def chown(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)


def test_what_another_user_wrote_above_ones_folder_reaches_no_host(
    users: Users, share: Path
) -> None:
    chown(share / "runspec.toml", users.oracle.pw_uid)
    done = users.run("jump", "web-01", cwd=share / "ada")
    assert done.returncode == 1
    assert done.stderr.startswith("error[spec-untrusted]: [config.jump-hosts] of ")
    owner = f"mode 0644, owner {users.oracle.pw_name} (uid {users.oracle.pw_uid})"
    assert owner in done.stderr
    assert "trusted-folders" in done.stderr
    assert not (share / "ada" / "ran").exists()


def test_a_folder_of_the_users_own_settings_is_trusted(
    users: Users, share: Path
) -> None:
    chown(share / "runspec.toml", users.oracle.pw_uid)
    settings = share / "config" / "runspec" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'trusted-folders = ["{share}"]\n', "utf-8")
    chown(settings, users.caller.pw_uid)
    variables = {"XDG_CONFIG_HOME": str(share / "config")}
    done = users.run("jump", "web-01", cwd=share / "ada", **variables)
    assert "error[host-unreachable]" in done.stderr
    assert (share / "ada" / "ran").exists()
    chown(settings, users.oracle.pw_uid)
    done = users.run("jump", "web-01", cwd=share / "ada", **variables)
    assert "error[env-file-untrusted]" in done.stderr


def test_what_another_user_wrote_runs_nothing_as_somebody_else(
    users: Users, share: Path
) -> None:
    done = users.run("run", "show", cwd=share / "ada")
    assert (done.stderr, done.stdout) == ("", f"{users.oracle.pw_name}\n")
    chown(share / "runspec.toml", users.oracle.pw_uid)
    done = users.run("run", "show", cwd=share / "ada")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error[spec-untrusted]: run_as of ")


def test_what_another_user_wrote_launches_nothing(users: Users, share: Path) -> None:
    script = share / "train.py"
    script.write_text(RECIPE, "utf-8")
    chown(script, users.oracle.pw_uid)
    done = users.run("launch", "../train.py", cwd=share / "ada")
    assert "error[spec-untrusted]: what it says of its launch of " in done.stderr
    assert "trained" not in done.stdout


# Who counts as another user


@pytest.fixture
def spec(users: Users) -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="spec-", dir=users.folder))
    folder.chmod(0o755)
    path = folder / "deep" / "runspec.toml"
    path.parent.mkdir()
    path.write_text("", "utf-8")
    yield path
    shutil.rmtree(folder)


def test_a_directory_above_that_others_can_write_counts(spec: Path) -> None:
    assert distrust_place(str(spec)) is None
    spec.parent.parent.chmod(0o777)
    found = distrust_place(str(spec))
    assert found is not None
    assert found.path == str(spec.parent.parent)
    assert found.mend == f"chmod go-w {found.path}"


def test_in_a_sticky_directory_the_owner_of_the_entry_counts(
    users: Users, spec: Path
) -> None:
    spec.parent.parent.chmod(0o1777)
    assert distrust_place(str(spec)) is None
    chown(spec.parent, users.oracle.pw_uid)
    found = distrust_place(str(spec))
    assert found is not None
    assert found.path == str(spec.parent)


def test_a_link_that_leads_to_another_users_file_counts(
    users: Users, spec: Path
) -> None:
    real = spec.with_name("real.toml")
    spec.rename(real)
    spec.symlink_to(real)
    assert distrust_place(str(spec)) is None
    chown(real, users.oracle.pw_uid)
    found = distrust_place(str(spec))
    assert found is not None
    assert found.path == str(real)


def test_a_group_that_has_only_this_user_is_nobody_else(
    users: Users, spec: Path
) -> None:
    spec.chmod(0o664)
    os.chown(spec, 0, 0)
    assert distrust_place(str(spec)) is None
    os.chown(spec, 0, users.caller.pw_gid)
    found = distrust_place(str(spec))
    assert found is not None
    assert found.mend == f"chmod g-w {spec}"
