package engine

// irregularPath says what an operation does whose path does not show it.
type irregularPath struct {
	action     action
	collection string // the template of its path
}

const (
	authConfig       = "/accounts/{}/external/authConfigs/{}"
	authConfigs      = "/accounts/{}/external/authConfigs"
	assignedNumbers  = "/utilities/tnManager/assignedDnis"
	numbers          = "/utilities/tnManager/dnisPool"
	rightsDocs       = "/users/{}/rightsDocs"
	masterRightsDocs = "/users/{}/masterRightsDocs"
)

// irregularPaths are by method and template. Which resources an operation works on is
// inferred from its name and its schemas.
//
// Source: the paths are those of the RingCX API reference.
var irregularPaths = map[string]irregularPath{
	"POST " + authConfig + "/apiKey":      {actCreateAt, authConfigs},
	"POST " + authConfig + "/basic":       {actCreateAt, authConfigs},
	"POST " + authConfig + "/customAuth":  {actCreateAt, authConfigs},
	"POST " + authConfig + "/jwt":         {actCreateAt, authConfigs},
	"POST " + authConfig + "/oauth":       {actCreateAt, authConfigs},
	"PATCH " + authConfig + "/apiKey":     {actPatch, authConfigs},
	"PATCH " + authConfig + "/basic":      {actPatch, authConfigs},
	"PATCH " + authConfig + "/customAuth": {actPatch, authConfigs},
	"PATCH " + authConfig + "/jwt":        {actPatch, authConfigs},
	"PATCH " + authConfig + "/oauth":      {actPatch, authConfigs},

	"PUT " + assignedNumbers + "/cloudRouteProfiles/{}": {actSave, assignedNumbers},
	"PUT " + assignedNumbers + "/gates/{}":              {actSave, assignedNumbers},
	"PUT " + assignedNumbers + "/visualIvrs/{}":         {actSave, assignedNumbers},

	"PUT " + numbers + "/bulkDelete":              {actDeleteIDs, numbers},
	"PUT /utilities/tnManager/updateBulkDnisPool": {actSave, numbers},
	"POST /utilities/tnManager/search":            {actSearch, numbers},
	"POST /utilities/tnManager/searchDnis":        {actSearch, numbers},
	"GET /utilities/tnManager/accounts":           {actList, "/accounts"},
	"GET /users/{}/ownedRightsDocs":               {actList, rightsDocs},
	"GET /users/{}/rightsDocsWithSubAccounts":     {actList, rightsDocs},
	"GET /users/{}/ownedMasterRightsDocs":         {actList, masterRightsDocs},
	"POST /users/root":                            {actCreate, "/users"},
}

// aliases are names of path parameters that mean another one.
var aliases = map[string]string{"subAccountId": "accountId"}

// notCriteria are parameters with the name of a field that select no resources: they choose
// the format of phone numbers.
var notCriteria = map[string]bool{"phoneNumbersI18nEnabled": true}

// irregular returns what an operation does by the table. The plan is empty if the operation is
// not in it.
func (a *API) irregular(o *operation) plan {
	entry, ok := irregularPaths[o.Method+" "+o.node.template()]
	if !ok {
		return plan{}
	}
	c := a.collectionAt(a.root.at(entry.collection))
	if c == nil {
		return plan{}
	}
	return plan{action: entry.action, collection: c, isTable: true}
}
