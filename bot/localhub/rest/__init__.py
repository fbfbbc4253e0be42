"""The HTTP face of the tracker: GitHub's REST routes over the hub, one file a subject."""
