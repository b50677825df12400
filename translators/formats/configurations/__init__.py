"""Readers and writers of configurations: `.config` lists, CSV and PLEDGE's `.pdt`."""
