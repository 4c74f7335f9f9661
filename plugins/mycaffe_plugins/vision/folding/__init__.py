"""The verb ``fold-bn``: BatchNorm and Scale become part of the convolutions before them."""
