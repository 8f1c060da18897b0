"""Authorisation before a merge: may this node's update, in this round of this study, be merged?"""
