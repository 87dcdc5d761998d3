-- Stands in front of every script, up to what it does. A call that is refused ends it, and the error names the
-- command, and the key where that is of another type. try() lets a key of another type pass, and a server without
-- memory: a right that is missing must not look like a member that is.
-- Where a command is sent for each of many entries, checked() and tolerated() take the answer of redis.pcall itself:
-- handing its arguments on costs a third of a microsecond each time.
local function wrong_type(answer)
  return type(answer) == 'table' and string.sub(answer.err or '', 1, 9) == 'WRONGTYPE'
end
-- Servers before 7.0 put the line in front of refusals of their own, some of which have no code.
local function reason(err)
  local said = string.gsub(err, '^@user_script: *%d+: *%-?', '')
  return string.find(said, '^%u+ ') and said or 'ERR ' .. said
end
local function refuse(answer, name, key)
  if key and wrong_type(answer) then name = name .. " '" .. key .. "'" end
  error({err = reason(answer.err) .. ' (' .. name .. ')'})
end
local function checked(answer, name, key)
  if type(answer) == 'table' and answer.err then refuse(answer, name, key) end
  return answer
end
local function tolerated(answer, name)
  if type(answer) == 'table' and answer.err and not wrong_type(answer) and string.sub(reason(answer.err), 1, 3) ~= 'OOM' then
    refuse(answer, name)
  end
  return answer
end
local function call(name, ...) return checked(redis.pcall(name, ...), name, (...)) end
local function try(name, ...) return tolerated(redis.pcall(name, ...), name) end
-- What was thrown, as an answer. Servers from 7.0 on make a string of it.
local function failure(thrown)
  return {err = reason(string.gsub(type(thrown) == 'table' and thrown.err or thrown, '%c+', ' '))}
end
local function body()
