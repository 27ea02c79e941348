"""What is free: of the machine, and of the container that the process is in."""

from pathlib import Path

from bot.machine import free_memory

GB = 1 << 30


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n", "ascii")


def test_a_container_has_what_its_groups_leave(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/pod/box\n", "ascii")
    write(tmp_path / "pod", memory__max=GB // 8, memory__current=GB // 16, memory__stat="anon 5\ninactive_file 100")
    write(tmp_path / "pod" / "box", memory__max="max", memory__current=GB // 32, memory__stat="anon 5")
    assert free_memory(tmp_path, own) == GB // 8 - GB // 16 + 100, "what was read of files makes room"

    write(tmp_path / "pod" / "box", memory__max=GB // 32)
    assert free_memory(tmp_path, own) == 0


def test_so_it_does_by_the_first_version_of_groups(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("9:name=systemd:/\n4:memory:/docker/abc\n0::/\n", "ascii")
    within = {"memory__limit_in_bytes": GB // 8, "memory__usage_in_bytes": GB // 16}
    write(tmp_path / "memory", **within, memory__stat="inactive_file 1\ntotal_inactive_file 300\ntotal_active_file 20")
    assert free_memory(tmp_path, own) == GB // 16 + 320, "the group's own folder cannot be seen from within"


def test_without_groups_it_is_the_machine_that_tells(tmp_path: Path) -> None:
    assert free_memory(tmp_path, tmp_path / "none") > GB // 8
