"""Pictures of nets: the graph of layers and blobs, where its boxes lie, and SVG or PNG of them."""
