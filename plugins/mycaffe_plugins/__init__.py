"""The plugins that ship with mycaffe-py, a package each; all are loaded through entry points, like anybody's."""
