"""Pictures of nets: the graph of layers and blobs, its layout, and rendering as SVG or PNG."""
