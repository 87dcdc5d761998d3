-- Stands behind every script: errors are caught and returned, as servers before 7.0 take none that is a table, and
-- refuse() throws those.
end
local done, answer = pcall(body)
if done then return answer end
return failure(answer)
