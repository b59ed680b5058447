"""Where the files of studios lie in the repository that a pipeline checks out: what machine formats point at.

Paths begin where the program was started, for that is what a pipeline takes them from; no path ever begins at the root
of a disc.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from posixpath import normpath

from smpcompliance.audit.finding import Audit, Evidence
from smpcompliance.logs.intake.places.place import PROFILE_FILE
from smpcompliance.logs.studio import Studio
from smpcompliance.report.untrusted import clean


@dataclass(frozen=True)
class Repository:
    """The files of the studios of an audit.

    Attributes:
        folders: studio id → its folder, seen from where the program was started: "" there itself, None where that is
            not known (it was given as an absolute path, or has no studio.yaml).
        logs: (studio id, log) → the first of its files.
        profiles: studio id → a file that says of all of it: studio.yaml, or else the first that was handed in.
    """

    folders: Mapping[str, str | None]
    logs: Mapping[tuple[str, str], str]
    profiles: Mapping[str, str]

    @classmethod
    def of(cls, audit: Audit) -> "Repository":
        """Where the files of an audit lie."""
        logs: dict[tuple[str, str], str] = {}
        profiles: dict[str, str] = {}
        for source in audit.inputs:
            if source.log:
                logs.setdefault((source.studio_id, source.log), source.file)
            if source.file == PROFILE_FILE or source.studio_id not in profiles:
                profiles[source.studio_id] = source.file
        return cls({studio.studio_id: _folder(studio) for studio in audit.studios}, logs, profiles)

    def path(self, studio_id: str, file: str) -> str:
        """A file as seen from where the program was started, or from the studio's folder where that is not known.

        A name is left as it is written, also where it is not in the form NFC; only what is hidden in it is shown.
        """
        folder = self.folders.get(studio_id)
        path = f"{folder}/{file}" if folder else file
        return path if path.isprintable() else clean(path, len(path))

    def file(self, studio_id: str, evidence: Evidence) -> str | None:
        """The file to look at: that of the record; of a missing one that of its log, or else the studio's profile."""
        return evidence.file or self.logs.get((studio_id, evidence.log)) or self.profiles.get(studio_id)


def _folder(studio: Studio) -> str | None:
    if studio.source is None:
        return None
    path = PurePath(studio.source.file)
    if path.name != PROFILE_FILE or path.is_absolute() or ".." in path.parts:
        return None
    return normpath(path.parent.as_posix()).removeprefix(".")
