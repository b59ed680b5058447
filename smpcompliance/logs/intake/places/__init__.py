"""Where the files of studios lie, and what lies there: folders of the disc and ZIP archives, safely opened."""
