"""A library of Keras 3 layers and TensorFlow Probability models: what notebooks and lectures import."""
