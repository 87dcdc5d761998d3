-- To when a claim puts an expired entry off, in seconds of the application's clock.
local function put_off(due, span) return due + math.ceil(span / 1000) end
