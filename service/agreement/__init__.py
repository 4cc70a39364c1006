"""The agreement of the two professions, as data: who may ask whom for what, what a letter holds, and how soon."""
