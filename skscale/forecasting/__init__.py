"""sktime forecasters over the torch modules."""
