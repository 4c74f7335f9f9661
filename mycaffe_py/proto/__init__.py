"""pycaffe's ``caffe.proto``: ``from mycaffe_py.proto import caffe_pb2``."""
