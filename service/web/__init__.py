"""The pages: server-rendered, Dutch first, working without JavaScript and better with it."""
