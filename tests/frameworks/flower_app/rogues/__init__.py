"""The examples' app, with clients that do what nobody may."""
