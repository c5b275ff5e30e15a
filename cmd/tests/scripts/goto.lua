goto there
