-- POST of one todo.
wrk.method = "POST"
wrk.body = '{"title":"walk the dog"}'
wrk.headers["Content-Type"] = "application/json"
