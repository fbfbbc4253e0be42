"""One archive of the site, with its checksum."""

import hashlib
import zipfile
from pathlib import Path

archive = Path("dist/site.zip")
with zipfile.ZipFile(archive, "w") as bundle:
    for file in sorted(Path("dist").iterdir()):
        if file.suffix in (".html", ".css", ".txt"):
            bundle.write(file, file.name)
checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
Path("dist/site.zip.sha256").write_text(f"{checksum}  site.zip\n")
print(f"{archive}: {checksum[:16]}…")
