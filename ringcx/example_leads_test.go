package ringcx_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/ringcx/ringcxtest"
	"github.com/ringcx-go/ringcx-go/wire"
)

// This example loads the leads of a CSV file into a campaign, 500 in each request, and reports
// each row that RingCX rejected.
func Example_loadLeads() {
	fake := ringcxtest.New() // in production: ringcx.ConfigFromEnv
	defer fake.Close()
	client, err := ringcx.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	file := strings.NewReader(`id,phone,first name,last name,city
crm-70001,2125550100,Maria,Lopez,New York
crm-70002,555 0102,Alan,Smith,
crm-70003,2125550103,Ines,Costa,
`) // in production: os.Open
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	const accountID, campaignID = "333333", 9001
	loaded, err := loadCSV(ctx, client, accountID, campaignID, file)
	fmt.Println(loaded, "leads loaded")
	if err != nil {
		log.Fatal(err)
	}
	lists, err := client.Campaigns.ListLeadLists(ctx, accountID, 8001, campaignID) // the dial group of the campaign
	if err != nil {
		log.Fatal(err)
	}
	for _, list := range lists { // each batch makes one
		if wire.Value(list.ListDesc) == description {
			fmt.Println("list with", wire.Value(list.LeadsAccepted), "leads")
		}
	}
	// Output:
	// line 3, lead crm-70002: The phone number is not valid
	// 2 leads loaded
	// list with 2 leads
}

// description is that of the lists. Choose one for each load, to find its lists.
const description = "Renewals of June, from crm-70001 on"

// loadCSV loads the leads of a file and returns how many RingCX added to the campaign. It prints
// the rows that RingCX rejected. After an error it is safe to load the file again from the line
// that the error names, except if the error says that RingCX may have loaded these leads.
func loadCSV(ctx context.Context, client *ringcx.Client, accountID wire.ID, campaignID int64, file io.Reader) (loaded int64, err error) {
	leads, lines, err := readLeads(file)
	if err != nil {
		return 0, err
	}
	load := gen.LeadLoadRequest{
		Description:       new(description),
		DuplicateHandling: new(gen.DuplicateHandlingRemoveAllExisting),
		ListState:         new(gen.LeadListStateActive),
		TimeZoneOption:    new(gen.TimeZoneOptionNPANXX),
		UploadLeads:       leads,
	}
	for batch, err := range client.Leads.LoadBatches(ctx, accountID, campaignID, load) {
		if err != nil {
			return loaded, fmt.Errorf("leads from line %d on: %w", lines[batch.First], explain(err))
		}
		loaded += wire.Value(batch.Result.LeadsInserted)
		if n := batch.Duplicates(); n > 0 {
			fmt.Println(n, "leads are in the campaign already")
		}
		for _, r := range batch.Rejected {
			if r.Index < 0 { // RingCX sent neither the id nor a phone number that only one lead has
				fmt.Printf("lead %q: %s\n", r.RowData, r.Message)
				continue
			}
			fmt.Printf("line %d, lead %s: %s\n", lines[r.Index], wire.Value(leads[r.Index].ExternID), r.Message)
		}
	}
	return loaded, nil
}

// explain adds to the error of a batch whether its leads may have been loaded.
func explain(err error) error {
	_, failed := errors.AsType[*gen.LeadLoadError](err) // status 200, but nothing was loaded
	rejected, ok := errors.AsType[*ringcx.Error](err)
	if failed || errors.Is(err, ringcx.ErrNotSent) || ok && rejected.StatusCode < 500 {
		return err
	}
	return fmt.Errorf("RingCX may have loaded the leads: search for them before loading them again: %w", err)
}

// readLeads reads a CSV file whose first line has names of columns. lines are the lines of the
// leads in the file. Empty cells need no care: LoadBatches does not send them.
func readLeads(file io.Reader) (leads []gen.Lead, lines []int, err error) {
	r := csv.NewReader(file)
	if _, err := r.Read(); err != nil {
		return nil, nil, fmt.Errorf("names of columns: %w", err)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return leads, lines, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read leads: %w", err)
		}
		line, _ := r.FieldPos(0)
		lines = append(lines, line)
		leads = append(leads, gen.Lead{
			ExternID: &row[0], LeadPhone: &row[1], FirstName: &row[2], LastName: &row[3], City: &row[4],
		})
	}
}
