"""`python -m featurenet_uvl`: the command line."""

from featurenet_uvl.cli.main import main

if __name__ == "__main__":
    main()
