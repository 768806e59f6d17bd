"""Headwater turns event contracts into an analytics warehouse."""
