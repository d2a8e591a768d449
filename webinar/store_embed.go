package webinar

import (
	"context"

	"gorm.io/gorm"
)

type originRow struct {
	WebinarID string `gorm:"primaryKey"`
	Position  int    `gorm:"primaryKey;autoIncrement:false"`
	Origin    string
}

func (originRow) TableName() string { return "embed_origins" }

func (s store) origins(ctx context.Context, id ID) ([]string, error) {
	rows, err := gorm.G[originRow](s.db).Where("webinar_id = ?", id).Order("position").Find(ctx)
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Origin
	}
	return list, err
}

func (s store) setOrigins(ctx context.Context, id ID, list []string) error {
	rows := make([]originRow, len(list))
	for i, o := range list {
		rows[i] = originRow{WebinarID: string(id), Position: i + 1, Origin: o}
	}
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := gorm.G[originRow](tx).Where("webinar_id = ?", id).Delete(ctx); err != nil || len(rows) == 0 {
			return err
		}
		return tx.Create(&rows).Error
	})
}
