"""Which objects rows name that changed lately."""

from datetime import datetime

import asyncpg

from mesh.backup.contents import Needed, of_image, of_version

_IMAGES = """
SELECT i.user_id, i.image_id, i.content_type, i.sha256, i.size_bytes, i.renditions
FROM storage.image_changes c JOIN storage.image_uploads i USING (image_id)
WHERE c.changed_at >= $1 AND i.completed_at IS NOT NULL
"""
_VERSIONS = "SELECT artifact_name, artifact_sha256, artifact_bytes FROM inspection.versions"


async def needed_since(connection: asyncpg.Connection, moment: datetime) -> list[Needed]:
    """Objects of images that changed since a moment, and of all versions of reference sets."""
    images = await connection.fetch(_IMAGES, moment)
    versions = await connection.fetch(_VERSIONS)
    return [
        *(
            needed
            for owner, image_id, *content, sides in images
            for needed in of_image(owner, image_id, tuple(content), sides)
        ),
        *(of_version(*row.values()) for row in versions),
    ]
