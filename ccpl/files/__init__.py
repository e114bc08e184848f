"""Weight files, VGG-19 files and folders of pictures and clips."""
