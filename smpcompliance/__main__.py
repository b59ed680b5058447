"""`python -m smpcompliance`."""

from smpcompliance.cli import main

if __name__ == "__main__":
    main(prog_name="smpcompliance")
